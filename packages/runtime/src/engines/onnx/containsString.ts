/**
 * Whether an ONNX file, which is not decoded for it, contains one of these words where a node says its operator or an
 * attribute its text. Weights may look like it.
 */
export function containsString(bytes: Uint8Array, words: readonly string[]): boolean {
  const longest = Math.max(...words.map(({ length }) => length));
  const tag = (4 << 3) | 2; // NodeProto.op_type, and AttributeProto.s
  for (let offset = bytes.indexOf(tag); offset >= 0; offset = bytes.indexOf(tag, offset + 1)) {
    const length = bytes[offset + 1]!;
    if (length > longest) continue;
    const word = String.fromCharCode(...bytes.subarray(offset + 2, offset + 2 + length));
    if (words.includes(word)) return true;
  }
  return false;
}
