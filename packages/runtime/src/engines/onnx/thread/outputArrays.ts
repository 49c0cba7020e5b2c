// Whether ONNX Runtime writes results into arrays that a run is given for them. onnxruntime-node (1.30)
// does; onnxruntime-web leaves them as they are, and hands out arrays of its own, without a word.
import type { DeviceName } from "../../../device/device";
import { doubling } from "../doubling";
import { onnxRuntime } from "../onnxRuntime";

const trials = new Map<DeviceName, Promise<boolean>>();

/** Looked at once a process for a device, not assumed. */
export function fillsOutputs(device: DeviceName): Promise<boolean> {
  const trial = trials.get(device) ?? look(device);
  trials.set(device, trial);
  trial.catch(() => trials.delete(device));
  return trial;
}

async function look(device: DeviceName): Promise<boolean> {
  const { ort, session } = await onnxRuntime(doubling(), { device });
  try {
    const y = new Float32Array(3);
    await session.run(
      { x: new ort.Tensor("float32", Float32Array.of(1, 2, 3), [3]) },
      { y: new ort.Tensor("float32", y, [3]) },
    );
    return y.join() === "2,4,6";
  } finally {
    await session.release();
  }
}
