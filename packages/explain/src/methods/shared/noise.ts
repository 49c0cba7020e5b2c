// Noise that is drawn by a seed, or given.
import {
  CajalError,
  checkInteger,
  checkNumber,
  checkTensor,
  random,
  showShape,
  sizeOf,
  tensor,
  type Tensor,
} from "@cajal/core";
import type { GraphBuilder, Value } from "@cajal/onnx";
import { checkFinite, inside } from "../../network/images";
import { emptyRows, rowOf } from "../../network/rows";
import type { Call } from "../call";

export interface NoiseOptions {
  /** How many noisy images. */
  readonly samples?: number;
  /** Standard deviation of the noise, in units of the image; default: 0.15 of what its values span. */
  readonly stdev?: number;
  /** Default 0. */
  readonly seed?: number;
  /** Standard normal numbers to use in place of drawn ones: `samples` images. */
  readonly noise?: Tensor;
}

/** The paper's: noise relative to the range of the image's values. */
const relative = 0.15;

/** `add(image, k, to)`: writes image `image` with its noise number `k`. */
export function noiseOf(
  { images, format }: Call,
  { samples: count = 25, stdev, seed = 0, noise }: NoiseOptions,
): { samples: number; write(image: number, k: number, to: Float32Array): void } {
  const shape = images.shape.slice(1);
  if (stdev !== undefined) checkNumber("attribute", "stdev", stdev, { least: 0 });
  checkInteger("attribute", "seed", seed);
  if (noise !== undefined) {
    checkTensor(noise, "attribute: noise");
    checkFinite("attribute: noise", noise.data);
  }
  const perImage = noise && inside(noise, format);
  if (perImage && (perImage.shape.slice(1).join() !== shape.join() || perImage.dtype !== "float32"))
    throw new CajalError(
      "bad-shape",
      `attribute: got noise of ${showShape(noise.shape)}, expected images like the given ones.`,
      { got: noise.shape },
    );
  const samples = perImage ? Math.min(perImage.shape[0]!, count) : count;
  checkInteger("attribute", "samples", samples, { least: 1, most: 1_000_000 });
  const size = images.data.length / images.shape[0]!;
  const one = emptyRows(1, shape);
  const drawn = (k: number): Float32Array => {
    if (perImage) return rowOf(perImage, k);
    const numbers = random(seed, "noise", k);
    for (let i = 0; i < size; i++) one.data[i] = numbers.normal();
    return one.data;
  };
  return {
    samples,
    write(image, k, to) {
      const x = rowOf(images, image);
      const scale = Math.fround(stdev ?? relative * span(x));
      const z = drawn(k);
      for (let i = 0; i < size; i++) to[i] = x[i]! + Math.fround(z[i]! * scale);
    },
  };
}

/** The same in a graph: every image with every draw, [samples · n, …], those of one draw together. */
export function noisyIn(
  g: GraphBuilder,
  x: Value,
  { samples = 25, stdev, seed = 0, noise }: NoiseOptions,
): Value {
  if (noise !== undefined)
    throw new CajalError(
      "unsupported",
      "attributionGraph: noise is drawn when the graph is made; say `seed` in place of `noise`.",
    );
  if (stdev !== undefined) checkNumber("attributionGraph", "stdev", stdev, { least: 0 });
  checkInteger("attributionGraph", "seed", seed);
  checkInteger("attributionGraph", "samples", samples, { least: 1, most: 10_000 });
  const [n, ...shape] = x.shape as [number, ...number[]];
  const size = sizeOf(shape);
  const z = tensor("float32", [samples, 1, ...shape]);
  for (let k = 0; k < samples; k++) {
    const numbers = random(seed, "noise", k);
    for (let i = 0; i < size; i++) z.data[k * size + i] = numbers.normal();
  }
  const axes = shape.map((_, i) => i + 1);
  const range = () => g.sub(g.reduceMax(x, { axes, keepdims: true }), g.reduceMin(x, { axes, keepdims: true })); // prettier-ignore
  const scale = stdev === undefined ? g.mul(range(), relative) : g.scalar("float32", stdev);
  return g.reshape(g.add(x, g.mul(g.constant(z), scale)), [samples * n, ...shape]);
}

function span(x: Float32Array): number {
  let [least, most] = [Infinity, -Infinity];
  for (const value of x) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return most - least;
}
