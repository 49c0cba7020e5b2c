// A tensor in a file of its own (TensorProto), as ONNX' test data are: read as the one initializer of a model.
import { CajalError, type Tensor } from "@cajal/core";
import { isCarried } from "../src/model/model";
import { decodeModel } from "../src/file/decode";

export function readTensorProto(bytes: Uint8Array): Tensor {
  const graph = field(7, field(5, bytes)); // ModelProto.graph, GraphProto.initializer
  const opset = field(8, Uint8Array.of(0x10, 18)); // ModelProto.opset_import, its version
  const model = decodeModel(concatenate(Uint8Array.of(0x08, 8), graph, opset)); // ir_version 8
  const read = [...model.graph.initializers.values()][0]!;
  if (isCarried(read))
    throw new CajalError("unsupported", `a tensor of type ${read.dtype} is no test datum.`);
  return read;
}

/** A length-delimited field of a protocol buffer. */
function field(number: number, content: Uint8Array): Uint8Array {
  const length: number[] = [];
  for (let remaining = content.length; ; remaining = Math.floor(remaining / 128)) {
    length.push(remaining < 128 ? remaining : (remaining % 128) + 128);
    if (remaining < 128) break;
  }
  return concatenate(Uint8Array.of(number * 8 + 2, ...length), content);
}

const concatenate = (...parts: Uint8Array[]) => Uint8Array.from(Buffer.concat(parts));
