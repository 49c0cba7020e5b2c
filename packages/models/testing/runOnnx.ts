// Runs an ONNX model on ONNX Runtime's CPU provider, for tests.
import { tensor, type Tensor } from "@cajal/core";
import { encodeModel, type OnnxModel } from "@cajal/onnx";
import ort from "onnxruntime-node";

/** Outputs by name. */
export async function runOnnx(
  model: OnnxModel,
  feeds: Readonly<Record<string, Tensor>>,
): Promise<Record<string, Tensor>> {
  const session = await ort.InferenceSession.create(encodeModel(model), {
    logSeverityLevel: 3,
    intraOpNumThreads: 1, // the other processor has tests of its own
  });
  try {
    const ortFeeds = Object.entries(feeds).map(
      ([name, { dtype, shape, data }]) =>
        [name, new ort.Tensor(dtype as "float32", data as Float32Array, [...shape])] as const,
    );
    const results = await session.run(Object.fromEntries(ortFeeds));
    return Object.fromEntries(
      Object.entries(results).map(([name, { type, dims, data }]) => [
        name,
        // A copy: the session's memory goes with it.
        tensor(type as "float32", dims, (data as Float32Array).slice()),
      ]),
    );
  } finally {
    await session.release();
  }
}
