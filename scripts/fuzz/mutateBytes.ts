// Mutations of files as bytes: what cut, damaged, spliced and forged files look like.
import type { Random } from "@cajal/core";

/** One to four mutations of a copy. */
export function mutateBytes(
  input: Uint8Array,
  random: Random,
  corpus: readonly Uint8Array[],
): Uint8Array {
  let bytes = input;
  for (let n = 1 + random.integer(4); n > 0; n--)
    bytes = mutations[random.integer(mutations.length)]!(bytes, random, corpus);
  return bytes;
}

type Mutation = (bytes: Uint8Array, random: Random, corpus: readonly Uint8Array[]) => Uint8Array;

const mutations: readonly Mutation[] = [
  function flipBit(bytes, random) {
    return changed(bytes, (copy) => {
      const at = position(copy, random);
      if (at < copy.length) copy[at]! ^= 1 << random.integer(8);
    });
  },
  function setByte(bytes, random) {
    return changed(bytes, (copy) => {
      const at = position(copy, random);
      if (at < copy.length) copy[at] = pick(telling, random);
    });
  },
  function setWord(bytes, random) {
    return changed(bytes, (copy) => {
      const width = pick([2, 4, 8], random);
      if (copy.length < width) return;
      const view = new DataView(copy.buffer, copy.byteOffset, copy.byteLength);
      const at = Math.min(position(copy, random), copy.length - width);
      const value = pick(tellingWords, random) + BigInt(random.integer(3)) - 1n;
      const little = random.integer(2) === 0;
      if (width === 2) view.setUint16(at, Number(value & 0xffffn), little);
      else if (width === 4) view.setUint32(at, Number(value & 0xffffffffn), little);
      else view.setBigUint64(at, BigInt.asUintN(64, value), little);
    });
  },
  function truncate(bytes, random) {
    return bytes.slice(0, random.integer(bytes.length + 1));
  },
  function remove(bytes, random) {
    const [from, to] = range(bytes, random);
    return joined(bytes.subarray(0, from), bytes.subarray(to));
  },
  function repeat(bytes, random) {
    const [from, to] = range(bytes, random);
    return joined(bytes.subarray(0, to), bytes.subarray(from, to), bytes.subarray(to));
  },
  function insert(bytes, random) {
    const at = random.integer(bytes.length + 1);
    const more = Uint8Array.from({ length: 1 + random.integer(16) }, () => random.uint32() & 255);
    return joined(bytes.subarray(0, at), more, bytes.subarray(at));
  },
  function fill(bytes, random) {
    return changed(bytes, (copy) => copy.fill(pick(telling, random), ...range(copy, random)));
  },
  function splice(bytes, random, corpus) {
    const other = pick(corpus, random);
    return joined(
      bytes.subarray(0, random.integer(bytes.length + 1)),
      other.subarray(random.integer(other.length + 1)),
    );
  },
];

/** Half of the time among the first 64, where headers are. */
const position = ({ length }: Uint8Array, random: Random) =>
  random.integer(Math.max(1, random.integer(2) === 0 ? Math.min(64, length) : length));

/** Of at most 64 bytes, mostly. */
function range(bytes: Uint8Array, random: Random): [number, number] {
  const from = random.integer(bytes.length + 1);
  const most = random.integer(8) === 0 ? bytes.length : 64;
  return [from, Math.min(bytes.length, from + random.integer(most + 1))];
}

const telling = [0, 1, 0x7f, 0x80, 0xff, 0x20, 0x22, 0x30, 0x2d, 0x5b, 0x7b];
const tellingWords = [
  0n,
  2n ** 7n,
  2n ** 15n,
  2n ** 16n,
  2n ** 31n,
  2n ** 32n,
  2n ** 53n,
  2n ** 63n,
];

const pick = <T>(values: readonly T[], random: Random): T => values[random.integer(values.length)]!;

function changed(bytes: Uint8Array, change: (copy: Uint8Array) => void): Uint8Array {
  const copy = bytes.slice();
  change(copy);
  return copy;
}

function joined(...pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
