// Engines and the devices that each can run on, named as their projects name them.
import { CajalError, unknownName } from "@cajal/core";

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

export const engineNames: readonly EngineName[] = ["onnx", "tfjs"];

/** Which devices an engine knows; whether this machine has them, `devices()` tells. */
export const devicesOf: Readonly<Record<EngineName, readonly DeviceName[]>> = {
  onnx: ["cpu", "wasm", "webgpu", "cuda"],
  tfjs: ["cpu", "wasm", "webgl", "webgpu", "node", "node-gpu"],
};

export const isGpu = (device: DeviceName): boolean =>
  ["webgpu", "webgl", "cuda", "node-gpu"].includes(device);

/** Whether this is Node (or Bun, Deno), not a browser. */
export const inNode = typeof process !== "undefined" && process.versions?.node !== undefined;

/** The devices that a choice stands for, to be tried in this order. */
export function candidates(engine: EngineName, choice: DeviceChoice): readonly DeviceName[] {
  switch (choice) {
    case "auto":
      if (engine === "onnx") return inNode ? ["cpu"] : ["webgpu", "wasm"];
      return inNode ? ["wasm", "cpu"] : ["webgpu", "webgl", "wasm", "cpu"];
    case "gpu":
      if (engine === "onnx") return inNode ? ["cuda", "webgpu"] : ["webgpu"];
      return inNode ? ["node-gpu", "webgpu"] : ["webgpu", "webgl"];
    default:
      return [choice];
  }
}

/** @throws CajalError `unknown-name` for a name that the engine does not know, listing those it does */
export function checkDevice(engine: string, device: string): void {
  const known = engineNames.find((name) => name === engine);
  if (!known) throw unknownName("engine", engine, engineNames);
  const choices = ["auto", "gpu", ...devicesOf[known]];
  if (!choices.includes(device)) throw unknownName(`device of engine ${known}`, device, choices);
}

/** The error for a device that is known and is not on this machine. */
export function noDevice(
  engine: EngineName,
  device: DeviceChoice,
  why: string,
  cause?: unknown,
): CajalError {
  return new CajalError(
    "no-device",
    `engine ${engine} cannot run on device ${device} here: ${why}`,
    { engine, device, why },
    cause === undefined ? {} : { cause },
  );
}
