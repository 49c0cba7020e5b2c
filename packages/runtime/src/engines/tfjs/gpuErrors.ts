// WebGPU says later, and to nobody who does not ask, that it cannot make a shader; what the shader, and all that was sent
// with it, would have computed stays zeros. Here is asked.
import { CajalError } from "@cajal/core";

/** The part of a `GPUDevice` that is used here. */
export interface ErrorScopes {
  pushErrorScope(filter: "validation" | "out-of-memory" | "internal"): void;
  popErrorScope(): Promise<{ readonly message: string } | null>;
}

const filters = ["validation", "out-of-memory", "internal"] as const;

/**
 * Calls `start`, and rejects where the device could not do a part of what it asks for before it first waits.
 *
 * @throws CajalError `engine` with the device's words
 */
export async function withGpuErrors<T>(device: ErrorScopes, start: () => Promise<T>): Promise<T> {
  filters.forEach((filter) => device.pushErrorScope(filter));
  const result = start();
  // In one stretch with the pushes: scopes are a stack, and others may run meanwhile.
  const scopes = Promise.all(filters.map(() => device.popErrorScope()));
  const [outcome, errors] = await Promise.all([Promise.allSettled([result]), scopes]);
  const error = errors.find((each) => each !== null);
  if (error)
    throw new CajalError(
      "engine",
      `engine tfjs, running on webgpu: TF.js' WebGPU backend cannot compute a part of this model (${error.message.trim().split("\n")[0]}). Use device wasm or webgl, or engine onnx.`,
      { engine: "tfjs", device: "webgpu", reason: error.message },
    );
  if (outcome[0].status === "rejected") throw outcome[0].reason;
  return outcome[0].value;
}
