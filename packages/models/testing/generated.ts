// Weights and images out of a formula, so that Keras and we run the same network on the same input and no file
// is needed. The formula is that of the reference numbers: MurmurHash3's finalizer over a counter and a name.
import { createHash } from "node:crypto";
import { sizeOf, tensor, type Tensor, type Weights } from "@cajal/core";
import type { ModelConfig } from "../src/keras/config";
import { summary } from "../src/network/summary";

/** FNV-1a, 32 bit, of a text's UTF-8 bytes. */
export function fnv1a(text: string): number {
  let h = 2166136261;
  for (const byte of new TextEncoder().encode(text)) h = Math.imul(h ^ byte, 16777619);
  return h >>> 0;
}

/** MurmurHash3's finalizer, 32 bit. */
export function fmix32(x: number): number {
  x ^= x >>> 16;
  x = Math.imul(x, 0x85ebca6b);
  x ^= x >>> 13;
  x = Math.imul(x, 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

/** Number `i` of the sequence with this seed, 0 … 2^32 − 1. */
export const bits = (seed: number, i: number) => fmix32(fmix32(i) ^ seed);

/** The same as a number in [−1, 1), exact in float32. */
export const unit = (seed: number, i: number) => ((bits(seed, i) >>> 8) - 8388608) / 8388608;

/** The value of a weight: random, of a spread that keeps activations near 1. */
export function generatedWeight(
  className: string,
  key: string,
  shape: readonly number[],
  gain = 1,
): Tensor<"float32"> {
  const name = key.slice(key.lastIndexOf("/") + 1);
  const [offset, scale] = recipe(className, name, shape);
  const seed = fnv1a(key);
  const values = new Float32Array(sizeOf(shape));
  for (let i = 0; i < values.length; i++)
    values[i] = Math.fround(offset + unit(seed, i) * scale) * gain;
  return tensor("float32", shape, values);
}

function recipe(className: string, name: string, shape: readonly number[]) {
  if (name.endsWith("kernel")) {
    const depthwise = className === "DepthwiseConv2D" || name === "depthwise_kernel";
    const fanIn = sizeOf(depthwise ? shape.slice(0, 2) : shape.slice(0, -1));
    return [0, Math.fround(Math.sqrt((name === "pointwise_kernel" ? 3 : 6) / fanIn))] as const;
  }
  if (name === "embeddings") return [0, 0.5] as const;
  if (["bias", "beta", "moving_mean"].includes(name)) return [0, 0.125] as const;
  if (["gamma", "moving_variance"].includes(name)) return [1, 0.125] as const;
  throw new Error(`no recipe for weight ${name}`);
}

/** All weights of a model, in Keras' order. `gains` by key, 1 where absent. */
export function generatedWeights(
  model: ModelConfig,
  gains: Readonly<Record<string, number>> = {},
): Weights {
  return new Map(
    summary(model).layers.flatMap((layer) =>
      layer.weights.map(([weight, shape]) => {
        const key = `${layer.name}/${weight}`;
        return [key, generatedWeight(layer.className, key, shape, gains[key])] as const;
      }),
    ),
  );
}

/** SHA-256 over all weights as float32, little endian, in their order. */
export function digest(weights: Weights): string {
  const hash = createHash("sha256");
  for (const { data } of weights.values())
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return hash.digest("hex");
}

/** Two images of coloured squares with grain, [2, size, size, 3]: large and bright, small and dark. */
export function generatedImages(size: number): Tensor<"uint8"> {
  const images = tensor("uint8", [2, size, size, 3]);
  for (const [n, { shift, darker }] of [
    { shift: 7, darker: 0 },
    { shift: 4, darker: 1 },
  ].entries()) {
    const squares = fnv1a(`image/${n}/squares`);
    const grain = fnv1a(`image/${n}/grain`);
    for (let i = 0; i < size * size * 3; i++) {
      const [y, x, c] = [Math.floor(i / 3 / size), Math.floor(i / 3) % size, i % 3];
      const square = bits(squares, ((y >> shift) * 64 + (x >> shift)) * 3 + c) >>> 24;
      images.data[n * size * size * 3 + i] =
        ((square * 7 + (bits(grain, i) >>> 24)) >> 3) >> darker;
    }
  }
  return images;
}
