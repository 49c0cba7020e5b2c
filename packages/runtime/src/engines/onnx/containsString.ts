// Looks for words in an ONNX file that is not decoded for it: only lengths are read of weights, which are nearly all of it.

type Kind = "model" | "function" | "graph" | "node" | "attribute";

/** By the numbers of fields in onnx.proto: where nodes lie, and the texts that are looked at. */
const fields: Readonly<Record<Kind, Readonly<Record<number, Kind | "text">>>> = {
  model: { 7: "graph", 25: "function" },
  function: { 7: "node", 11: "attribute" },
  graph: { 1: "node" },
  node: { 4: "text", 5: "attribute" }, // op_type
  attribute: { 4: "text", 6: "graph", 11: "graph" }, // s; g and graphs, of If, Loop and Scan
};

/** As protobuf's own libraries have it. */
const maxDepth = 100;

/**
 * Whether an ONNX file contains one of these words where a node says its operator or an attribute its text; false
 * for a file that is not well-formed up to there, which is for its reader to say.
 */
export function containsString(bytes: Uint8Array, words: readonly string[]): boolean {
  return contains(bytes, words, "model", { start: 0, end: bytes.length }, 0);
}

function contains(
  bytes: Uint8Array,
  words: readonly string[],
  kind: Kind,
  { start, end }: { readonly start: number; readonly end: number },
  depth: number,
): boolean {
  if (depth > maxDepth) return false;
  let at = start;
  /** NaN, which no comparison holds for, where the number does not end. */
  const varint = () => {
    let value = 0;
    for (let factor = 1; at < end && factor < 2 ** 70; factor *= 128) {
      const byte = bytes[at++]!;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
    return NaN;
  };
  while (at < end) {
    const tag = varint();
    const wire = tag % 8;
    if (wire === 0) varint();
    else if (wire === 1) at += 8;
    else if (wire === 5) at += 4;
    else if (wire === 2) {
      const length = varint();
      if (!(length <= end - at)) return false;
      const inner = fields[kind][(tag - wire) / 8];
      const range = { start: at, end: at + length };
      if (inner === "text") {
        if (words.some((word) => isText(bytes, range, word))) return true;
      } else if (inner && contains(bytes, words, inner, range, depth + 1)) return true;
      at += length;
    } else return false;
  }
  return false;
}

const isText = (
  bytes: Uint8Array,
  { start, end }: { readonly start: number; readonly end: number },
  word: string,
): boolean =>
  end - start === word.length &&
  Array.from(word).every((letter, i) => bytes[start + i] === letter.charCodeAt(0));
