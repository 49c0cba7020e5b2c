// Why a device is not available, and what to do: engines' own messages name source lines.
import type { DeviceName } from "./device";

const adapter =
  "no WebGPU adapter: this machine has no GPU, or its driver (on Linux: Vulkan) is not installed.";
const cuda =
  "ONNX Runtime's CUDA libraries are not installed. On Linux x64: npm rebuild onnxruntime-node --ignore-scripts=false; cajal doctor of @cajal/bench says which CUDA and cuDNN they need.";

/** An engine's error message, replaced by its cause and remedy where that is known. */
export function deviceReason(device: DeviceName, message: string): string {
  if (device === "webgpu" && /adapter/i.test(message)) return adapter;
  if (device === "cuda" && /shared|libonnxruntime_providers_cuda/i.test(message)) return cuda;
  return message.trim().split("\n")[0]!;
}
