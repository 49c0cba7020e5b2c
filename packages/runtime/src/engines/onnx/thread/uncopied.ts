// onnxruntime-node (1.30) copies every output into fresh memory for its result, also those that it has
// written into arrays of the caller's: for ResNet50 that is 200 MB and a tenth of a training step. It
// converts outputs one by one, though, and gives up at one that is no tensor. So a graph whose first
// output is a sequence does all its work, writes all arrays that it was given, and converts nothing.
import { encodeModel } from "@cajal/onnx";
import { inNode, type DeviceName } from "../../../device/device";
import { nothing, refusal } from "./graphHost.js";
import { doubling } from "../doubling";
import { onnxruntimeNode } from "../peers";

/** An ONNX file, the same with a first output that is an empty sequence. */
export function withoutResults(model: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(prelude.length + model.length);
  bytes.set(prelude);
  bytes.set(model, prelude.length);
  return bytes;
}

/** A field of a message, less than 128 bytes long. */
const field = (number: number, content: readonly number[] | string): number[] => {
  const bytes = typeof content === "string" ? [...new TextEncoder().encode(content)] : content;
  return [(number << 3) | 2, bytes.length, ...bytes];
};

/** Messages of Protocol Buffers that follow each other are one: this is ModelProto.graph's node and output. */
const prelude = field(7, [
  ...field(1, [...field(2, nothing), ...field(4, "SequenceEmpty")]),
  // type.sequence_type.elem_type.tensor_type.elem_type = FLOAT
  ...field(12, [...field(1, nothing), ...field(2, field(4, field(1, field(1, [1 << 3, 1]))))]),
]);

let probed: Promise<boolean> | undefined;

/** Whether that is how it behaves here. */
export function givesUpAtSequences(device: DeviceName): Promise<boolean> {
  if (!inNode || device !== "cpu") return Promise.resolve(false);
  return (probed ??= look().catch(() => false));
}

async function look(): Promise<boolean> {
  const { Tensor, InferenceSession } = await onnxruntimeNode();
  const model = withoutResults(encodeModel(doubling()));
  const session = await InferenceSession.create(model, { logSeverityLevel: 4 });
  const y = new Float32Array(3);
  const message = await session
    .run(
      { x: new Tensor("float32", Float32Array.of(1, 2, 3), [3]) },
      { [nothing]: null, y: new Tensor("float32", y, [3]) },
    )
    .then(
      () => "",
      (error: unknown) => (error instanceof Error ? error.message : ""),
    );
  await session.release();
  return message === refusal && y.join() === "2,4,6";
}
