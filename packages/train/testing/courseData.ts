// The data of the course's training runs, by the formulas that their files state.
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { sizeOf, tensor, type Tensor } from "@cajal/core";
import { parseIdx } from "@cajal/datasets";
import { shared } from "../../core/testing/shared";
import { bits as bitsOf, fnv1a, unit as unitOf } from "../../models/testing/generated";

/** Number i of a sequence of whole numbers, and of one in [−1, 1). */
export const bits = (name: string, i: number) => bitsOf(seedOf(name), i);
export const unit = (name: string, i: number) => unitOf(seedOf(name), i);

/** Names are hashed once, not for every number. */
const seedOf = (name: string): number => {
  if (!seeds.has(name)) seeds.set(name, fnv1a(name));
  return seeds.get(name)!;
};
const seeds = new Map<string, number>();

/** A tensor whose elements are a function of their number. */
export const filled = (shape: readonly number[], value: (i: number) => number) =>
  tensor(
    "float32",
    shape,
    Float32Array.from({ length: sizeOf(shape) }, (_, i) => value(i)),
  );

const count = (n: number) => Array.from({ length: n }, (_, i) => i);

export interface Digits {
  /** 0 … 1 */
  readonly images: Tensor<"float32">;
  readonly labels: readonly number[];
  readonly pixels: Uint8Array;
}

/** The first MNIST images for training, in file order; at most 2,000. */
export function mnist(n: number): Digits {
  first ??= {
    pixels: readMnist("images-idx3", 2000 * 784),
    labels: readMnist("labels-idx1", 2000),
  };
  const pixels = first.pixels.slice(0, n * 784);
  const labels = Array.from(first.labels.subarray(0, n));
  return { images: filled([n, 28, 28, 1], (i) => pixels[i]! / 255), labels, pixels };
}

/** Of all 60,000 images, which take most of a run's time to unpack, what the runs use. */
let first: { readonly pixels: Uint8Array; readonly labels: Uint8Array } | undefined;
const readMnist = (name: string, count: number) =>
  (parseIdx(gunzipSync(readFileSync(shared(`data/mnist/train-${name}-ubyte.gz`)))).data as Uint8Array).slice(0, count); // prettier-ignore

/** Boxes, disks and diamonds in noise, with their masks. */
export function shapes(key: string, n: number, size: number) {
  const u = (name: string, i: number) => bits(`${key}/${name}`, i);
  const mask = filled([n, size, size, 1], (at) => {
    const [i, y, x] = [Math.floor(at / size / size), Math.floor(at / size) % size, at % size];
    const [a, b] = [2 + (u("a", i) % 3), 2 + (u("b", i) % 3)];
    const dy = Math.abs(y - (size / 4 + (u("cy", i) % (size / 2))));
    const dx = Math.abs(x - (size / 4 + (u("cx", i) % (size / 2))));
    const isInside = [dy <= a && dx <= b, dy * dy + dx * dx <= a * a, dy + dx <= a + 1];
    return isInside[u("kind", i) % 3] ? 1 : 0;
  });
  const image = filled(
    mask.shape,
    (at) => 0.25 + 0.5 * mask.data[at]! + 0.25 * unit(`${key}/noise`, at),
  );
  return { image, mask };
}

/** Windows over a seasonal series, and the values that follow. */
export function windows(
  key: string,
  {
    n,
    window,
    horizon,
    features,
  }: { n: number; window: number; horizon: number; features: number },
) {
  const triangle = (t: number, p: number) => 4 * Math.abs((t % p) / p - 0.5) - 1;
  const at = (t: number) =>
    Math.fround(0.6 * triangle(t, 24) + 0.3 * triangle(t + 5, 7) + 0.001 * t + 0.1 * unit(`${key}/noise`, t)); // prettier-ignore
  const x = filled([n, window, features], (i) => {
    const t = Math.floor(i / features / window) + (Math.floor(i / features) % window);
    return i % features === 0 ? at(t) : triangle(t, 24);
  });
  const y = filled([n, horizon], (i) => at(Math.floor(i / horizon) + window + (i % horizon)));
  /** The value after each step of a window. */
  const next = filled([n, window, 1], (i) => at(Math.floor(i / window) + (i % window) + 1));
  return { x, y, next };
}

/** Squares that move and wrap round, [n, frames + 1, size, size, 1], and in which of four directions. */
export function clips(key: string, n: number, frames: number, size: number) {
  const u = (name: string, i: number) => bits(`${key}/${name}`, i);
  const steps = [[0, 1], [1, 0], [0, -1], [-1, 0]] as const; // prettier-ignore
  const direction = count(n).map((i) => u("direction", i) % 4);
  const clip = filled([n, frames + 1, size, size, 1], (at) => {
    const i = Math.floor(at / size / size / (frames + 1));
    const f = Math.floor(at / size / size) % (frames + 1);
    const [row, column] = [Math.floor(at / size) % size, at % size];
    const [dy, dx] = steps[direction[i]!]!;
    const side = 2 + (u("side", i) % 2);
    const from = (start: number, step: number, place: number) =>
      (((place - start - f * step) % size) + size) % size < side;
    return from(u("y", i) % size, dy, row) && from(u("x", i) % size, dx, column) ? 1 : 0;
  });
  return { clip, direction };
}

/** Sequences of tokens, padded with 0: whether more of them are odd than even. */
export function texts(key: string, n: number, length: number, vocabulary: number, before: boolean) {
  const rows = count(n).map((i) => {
    const tokens = count(3 + (bits(`${key}/length`, i) % (length - 2))).map(
      (j) => 1 + (bits(`${key}/token`, i * length + j) % (vocabulary - 1)),
    );
    const padding = count(length - tokens.length).map(() => 0);
    const oddCount = tokens.filter((token) => token % 2 === 1).length;
    const label = oddCount > tokens.length - oddCount ? 1 : 0;
    return { tokens: before ? [...padding, ...tokens] : [...tokens, ...padding], label };
  });
  return {
    x: tensor("int32", [n, length], rows.flatMap(({ tokens }) => tokens)), // prettier-ignore
    labels: rows.map(({ label }) => label),
  };
}

/** Tones of four pitches, [n, samples, 1], and which. */
export function tones(key: string, n: number, samples: number) {
  const u = (name: string, i: number) => bits(`${key}/${name}`, i);
  const labels = count(n).map((i) => u("label", i) % 4);
  const wave = filled([n, samples, 1], (at) => {
    const [i, t] = [Math.floor(at / samples), at % samples];
    const p = [5, 8, 13, 21][labels[i]!]!;
    const loud = (2 + (u("loud", i) % 3)) / 4;
    const place = ((t + (u("phase", i) % p)) % p) / p;
    return loud * (4 * Math.abs(place - 0.5) - 1) + 0.1 * unit(`${key}/noise`, at);
  });
  return { wave, labels };
}

/** log(1e-3 + power) of frames of 32 samples at steps of 16, Hann window: [n, frames, 17, 1]. */
export function spectrogram({ shape, data }: Tensor<"float32">): Tensor<"float32"> {
  const [n, samples] = shape as [number, number, number];
  const [size, step] = [32, 16];
  const frames = Math.floor((samples - size) / step) + 1;
  return filled([n, frames, size / 2 + 1, 1], (at) => {
    const k = at % (size / 2 + 1);
    const f = Math.floor(at / (size / 2 + 1)) % frames;
    const i = Math.floor(at / (size / 2 + 1) / frames);
    let [real, imaginary] = [0, 0];
    for (let j = 0; j < size; j++) {
      const w =
        data[i * samples + f * step + j]! * (0.5 - 0.5 * Math.cos((2 * Math.PI * j) / size));
      real += w * Math.cos((2 * Math.PI * j * k) / size);
      imaginary -= w * Math.sin((2 * Math.PI * j * k) / size);
    }
    return Math.log(1e-3 + real * real + imaginary * imaginary);
  });
}

/** Examples from … of a tensor, going round. */
export function rows<T extends Tensor>(x: T, from: number, n: number): T {
  const width = sizeOf(x.shape.slice(1));
  const start = (from % x.shape[0]!) * width;
  const data = x.data.slice(start, start + n * width);
  return { ...x, shape: [n, ...x.shape.slice(1)], data } as T;
}
