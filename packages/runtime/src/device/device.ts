// Engines and devices, named as their projects name them.
import { CajalError } from "@cajal/core";

export type EngineName = "onnx" | "tfjs";

/**
 * `wasm` runs on the CPU through WebAssembly, `webgl` in browsers only; `node` and `node-gpu` are
 * TF.js' native bindings (tfjs-node, tfjs-node-gpu).
 */
export type DeviceName = "cpu" | "wasm" | "webgpu" | "webgl" | "cuda" | "node" | "node-gpu";

/**
 * A device, `"auto"` or `"gpu"`.
 *
 * - `auto`: in Node the engine's fastest on the CPU (onnx: cpu; tfjs: wasm, else cpu), which is the
 *   same on every machine; in browsers the fastest there is (webgpu, webgl, wasm, cpu).
 * - `gpu`: the first GPU of this machine that works (onnx: cuda, webgpu; tfjs: node-gpu, webgpu, webgl).
 */
export type DeviceChoice = DeviceName | "auto" | "gpu";

export const isGpu = (device: DeviceName): boolean =>
  ["webgpu", "webgl", "cuda", "node-gpu"].includes(device);

/** Whether this is Node (or Bun, Deno), not a browser. */
export const inNode = typeof process !== "undefined" && process.versions?.node !== undefined;

/** The error for a device that exists but is not available on this machine. */
export function noDevice(
  engine: EngineName,
  device: DeviceChoice,
  reason: string,
  cause?: unknown,
): CajalError {
  return new CajalError(
    "no-device",
    `engine ${engine} cannot run on device ${device} here: ${reason}`,
    { engine, device, why: reason },
    cause === undefined ? {} : { cause },
  );
}
