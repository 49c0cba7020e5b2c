// TensorFlow's SavedModel, to be told from ONNX, which opens alike: tensorflow/core/protobuf/saved_model.proto.

/**
 * Whether a file is the `saved_model.pb` of one: the version of its schema, then a graph that opens with a message of
 * its own, where ONNX has the name of what wrote it.
 */
export function isSavedModel(head: Uint8Array): boolean {
  if (head[0] !== 0x08 || head[2] !== 0x12) return false;
  let at = 3;
  // The graph's length, seven bits a byte.
  while (at < 12 && head[at]! >= 0x80) at++;
  return head[at + 1] === 0x0a;
}
