// Skips the copying of outputs. onnxruntime-node (1.30) copies every output into new memory for its result, even
// those that it has written into the caller's arrays: for ResNet50 that is 200 MB and a tenth of a training step.
// It converts outputs one by one, though, and throws at one that is not a tensor. So a graph whose first output is
// a sequence computes everything, writes into the preallocated arrays, and converts nothing.
import { encodeModel } from "@cajal/onnx";
import { inNode, type DeviceName } from "../../../device/device";
import { nothing, refusal } from "./graphHost.js";
import { doublingGraph } from "../doublingGraph";
import { onnxruntimeNode } from "../peers";

/** The ONNX file with an empty sequence as an additional first output. */
export function withSequenceOutput(model: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(sequenceOutput.length + model.length);
  bytes.set(sequenceOutput);
  bytes.set(model, sequenceOutput.length);
  return bytes;
}

/** A protobuf field of less than 128 bytes. */
const field = (number: number, content: readonly number[] | string): number[] => {
  const bytes = typeof content === "string" ? [...new TextEncoder().encode(content)] : content;
  return [(number << 3) | 2, bytes.length, ...bytes];
};

/** Before a file, it adds a node and an output to ModelProto.graph: concatenated protobuf messages are merged. */
export const sequenceOutput = Uint8Array.from(
  field(7, [
    ...field(1, [...field(2, nothing), ...field(4, "SequenceEmpty")]),
    // type.sequence_type.elem_type.tensor_type.elem_type = FLOAT
    ...field(12, [...field(1, nothing), ...field(2, field(4, field(1, field(1, [1 << 3, 1]))))]),
  ]),
);

let probeResult: Promise<boolean> | undefined;

/** Whether onnxruntime-node behaves like that here; probed once per process. */
export function stopsAtSequences(device: DeviceName): Promise<boolean> {
  if (!inNode || device !== "cpu") return Promise.resolve(false);
  return (probeResult ??= probeSequences().catch(() => false));
}

async function probeSequences(): Promise<boolean> {
  const { Tensor, InferenceSession } = await onnxruntimeNode();
  const model = withSequenceOutput(encodeModel(doublingGraph()));
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
