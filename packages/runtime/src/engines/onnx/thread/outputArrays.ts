// Whether ONNX Runtime writes outputs into preallocated arrays. onnxruntime-node (1.30) does; onnxruntime-web
// silently leaves them unchanged, and returns arrays of its own.
import type { DeviceName } from "../../../device/device";
import { doublingGraph } from "../doublingGraph";
import { onnxRuntime } from "../onnxRuntime";

const trials = new Map<DeviceName, Promise<boolean>>();

/** Probed once per process and device, not assumed. */
export function fillsOutputs(device: DeviceName): Promise<boolean> {
  const trial = trials.get(device) ?? probeOutputs(device);
  trials.set(device, trial);
  trial.catch(() => trials.delete(device));
  return trial;
}

async function probeOutputs(device: DeviceName): Promise<boolean> {
  const { ort, session } = await onnxRuntime(doublingGraph(), { device });
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
