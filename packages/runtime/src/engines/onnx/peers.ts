// ONNX Runtime's packages: optional peers, imported when they are used. What runs in browsers is written out,
// so that bundlers find it.
import { peerError } from "@cajal/core";
import type * as ort from "onnxruntime-common";
import { inNode } from "../../device/device";
import { installedPath } from "../../device/installed";
import { importInNode } from "../../device/peers";
import { onnxruntimeApart, runsApart } from "./apart";
import { turnTelemetryOff } from "./telemetry";

/** What both builds of ONNX Runtime offer. */
export type Ort = Pick<typeof ort, "InferenceSession" | "Tensor" | "env">;

/** ONNX Runtime's native build, for Node; without its telemetry. In a thread that somebody may end it runs apart. */
export async function onnxruntimeNode(): Promise<Ort> {
  if (inNode) turnTelemetryOff();
  const folder = runsApart() ? installedPath("onnxruntime-node") : undefined;
  if (folder !== undefined) return onnxruntimeApart(folder);
  return importInNode<Ort>("onnxruntime-node");
}

/**
 * ONNX Runtime in WebAssembly. In browsers it has a build for the CPU alone and one, of twice the size,
 * for WebGPU too; where the latter is loaded already, it serves both.
 */
export function onnxruntimeWeb(device: "wasm" | "webgpu"): Promise<Ort> {
  if (inNode) return importInNode<Ort>("onnxruntime-web");
  if (device === "webgpu") return (ofWebGpu ??= webGpuBuild());
  return ofWebGpu?.catch(wasmBuild) ?? wasmBuild();
}

let ofWebGpu: Promise<Ort> | undefined;

async function wasmBuild(): Promise<Ort> {
  try {
    return await import("onnxruntime-web/wasm");
  } catch (cause) {
    throw peerError("onnxruntime-web", cause);
  }
}

async function webGpuBuild(): Promise<Ort> {
  try {
    return await import("onnxruntime-web/webgpu");
  } catch (cause) {
    throw peerError("onnxruntime-web", cause);
  }
}

/** The release that Cajal's own tests train on. */
export const testedVersions = { "onnxruntime-node": "1.30.0" } as const;
