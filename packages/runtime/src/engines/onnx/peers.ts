// ONNX Runtime's packages: optional peers, imported when they are used. What runs in browsers is written out,
// so that bundlers find it.
import { peerError } from "@cajal/core";
import type * as ort from "onnxruntime-common";
import { inNode } from "../../device/device";
import { installedPath } from "../../device/installed";
import { importInNode, requireInNode } from "../../device/peers";
import { onnxruntimeInChildProcess, needsChildProcess } from "./childProcess";
import { turnTelemetryOff } from "./telemetry";

/** The API that both builds of ONNX Runtime share. */
export type Ort = Pick<typeof ort, "InferenceSession" | "Tensor" | "env">;

/** ONNX Runtime's native build, for Node; without its telemetry. In worker threads of users it runs in a child process. */
export async function onnxruntimeNode(): Promise<Ort> {
  if (inNode) turnTelemetryOff();
  const folder = needsChildProcess() ? installedPath("onnxruntime-node") : undefined;
  if (folder !== undefined) return onnxruntimeInChildProcess(folder);
  return requireInNode<Ort>("onnxruntime-node");
}

/**
 * ONNX Runtime in WebAssembly. In browsers it has a build for the CPU alone and one, of twice the size,
 * for WebGPU too; where the latter is loaded already, it serves both.
 */
export function onnxruntimeWeb(device: "wasm" | "webgpu"): Promise<Ort> {
  if (inNode) return importInNode<Ort>("onnxruntime-web");
  if (device === "webgpu") return (webGpuPackage ??= webGpuBuild());
  return webGpuPackage?.catch(wasmBuild) ?? wasmBuild();
}

let webGpuPackage: Promise<Ort> | undefined;

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

/** The release that Cajal's own tests use for training. */
export const testedVersions = { "onnxruntime-node": "1.30.0" } as const;
