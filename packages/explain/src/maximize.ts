// Activation maximization (Erhan et al. 2009; Mahendran & Vedaldi 2015, arXiv:1412.0035): the image that a class, a
// channel or a unit wants to see, by ascent on
//   score − l2 Σx²/n − tv TV(x)/n,
// n the number of elements, TV the sum of absolute differences of neighbours below and beside each other.
import {
  CajalError,
  checkInteger,
  optionsOf,
  random,
  showValue,
  sizeOf,
  type Shape,
  type Tensor,
} from "@cajal/core";
import { layerNamed, shapeFor } from "./network/layers";
import { checkBounds } from "./network/images";
import type { Control, Network } from "./network/network";
import { emptyRows, rowOf, rows, rowsOf } from "./network/rows";
import { placeOfUnit } from "./network/units";

export interface MaximizeOptions extends Control {
  /** The class whose logit is to grow, in place of a layer with a channel of it. */
  readonly target?: number;
  /** The layer whose channel is to grow, in place of a class. */
  readonly layer?: string;
  /** Its channel. */
  readonly channel?: number;
  /** One unit of the channel, [y, x], of a sequence [step, 0]; default: the mean of the channel. */
  readonly position?: readonly [number, number];
  /** Where it begins; default: noise of standard deviation 0.1 by `seed`. */
  readonly image?: Tensor;
  /** Of the noise it begins with. */
  readonly seed?: number;
  /** Default "adam" (beta 0.9, 0.999, epsilon 1e-8). */
  readonly optimizer?: "sgd" | "adam";
  /** Default 0.05. */
  readonly learningRate?: number;
  /** Default 128. */
  readonly steps?: number;
  /** Weights of the penalties. Default 0. */
  readonly l2?: number;
  /** Weight of the total variation. Default 0. */
  readonly tv?: number;
  /** Whether the gradient is divided by its root mean square + 1e-8. Default false. */
  readonly normalizeGradient?: boolean;
  /** What pixels may be, after every step. Default: anything. */
  readonly low?: number;
  /** What pixels may be at most. Default: anything. */
  readonly high?: number;
}

export const maximizeOptions = optionsOf<MaximizeOptions>({
  target: true,
  layer: "string",
  channel: true,
  position: "array",
  image: true,
  seed: { whole: true },
  optimizer: ["sgd", "adam"],
  learningRate: { least: 0 },
  steps: { whole: true, least: 1, most: 1_000_000 },
  l2: { least: 0 },
  tv: { least: 0 },
  normalizeGradient: "boolean",
  low: true,
  high: true,
  signal: "signal",
  onProgress: "function",
});

/** Inside, channels first. */
export interface Maximized {
  readonly first: Tensor<"float32">;
  readonly image: Tensor<"float32">;
  /** Before each step. */
  readonly scores: readonly number[];
  readonly objectives: readonly number[];
}

/** @param start inside; undefined for noise */
export async function maximized(
  network: Network,
  options: MaximizeOptions,
  start: Tensor<"float32"> | undefined,
): Promise<Maximized> {
  const { optimizer = "adam", learningRate = 0.05, steps = 128, l2 = 0, tv = 0 } = options;
  const { low = -Infinity, high = Infinity, normalizeGradient = false } = options;
  checkBounds("maximize", low, high);
  const { graph } = network;
  let x = start ?? noise(graph.imageShape, options.seed ?? 0);
  const goal = goalOf(network, options, x.shape.slice(1));
  const n = x.data.length;
  const [m, v] = [new Float64Array(n), new Float64Array(n)];
  const scores: number[] = [];
  const objectives: number[] = [];
  let first: Tensor<"float32"> | undefined;
  for (let step = 1; step <= steps; step++) {
    const gradient = new Float64Array(n);
    let score = 0;
    await network.pass(
      {
        feeds: { [graph.image]: rowsOf(x) },
        of: goal.value,
        dy: rows(1, goal.shape, (_, to) => to.set(goal.weights)),
        by: [graph.image],
        use: (_, { value, gradients }) => {
          gradient.set(gradients[graph.image]!.data);
          score = value.reduce((sum, each, i) => sum + each * goal.weights[i]!, 0);
        },
      },
      { signal: options.signal },
    );
    const penalty = l2 * addSquares(x.data, l2, gradient) + tv * addVariation(x, tv, gradient);
    scores.push(score);
    objectives.push(score - penalty);
    if (normalizeGradient) {
      const scale = Math.sqrt(gradient.reduce((sum, g) => sum + g * g, 0) / n) + 1e-8;
      gradient.forEach((g, i) => (gradient[i] = g / scale));
    }
    const next = emptyRows(1, x.shape.slice(1));
    for (let i = 0; i < n; i++) {
      const g = gradient[i]!;
      m[i] = 0.9 * m[i]! + 0.1 * g;
      v[i] = 0.999 * v[i]! + 0.001 * g * g;
      const unbiased = m[i]! / (1 - 0.9 ** step);
      const root = Math.sqrt(v[i]! / (1 - 0.999 ** step));
      const change = optimizer === "adam" ? unbiased / (root + 1e-8) : g;
      next.data[i] = Math.min(Math.max(x.data[i]! + learningRate * change, low), high);
    }
    x = next;
    first ??= next;
    options.onProgress?.({ done: step, total: steps });
  }
  return { first: first!, image: x, scores, objectives };
}

/** What is to grow: a value of the graph, and the weight of each of its elements. */
function goalOf(
  { graph }: Network,
  { target, layer: name, channel, position }: MaximizeOptions,
  imageShape: Shape,
) {
  if (name === undefined ? (channel ?? position) !== undefined : target !== undefined)
    throw new CajalError(
      "bad-argument",
      `maximize: got ${name === undefined ? "a channel without its layer" : "a layer and a target"}, expected { target }, or { layer, channel }.`,
    );
  if (name === undefined) {
    checkInteger("maximize", "target", target, { least: 0, most: graph.classes - 1 });
    const weights = new Float32Array(graph.classes);
    weights[target] = 1;
    return { value: graph.logits, shape: [graph.classes], weights };
  }
  const layer = layerNamed(graph, name);
  const shape = shapeFor(graph, layer, imageShape);
  const channels = shape[layer.channelAxis]!;
  checkInteger("maximize", "channel", channel, { least: 0, most: channels - 1 });
  const extents = shape.toSpliced(layer.channelAxis, 1);
  const within = sizeOf(shape.slice(layer.channelAxis + 1));
  /** Unit `unit` of the channel, in the order of the other axes. */
  const placeOf = (unit: number) =>
    placeOfUnit(layer, (Math.floor(unit / within) * channels + channel) * within + (unit % within));
  const weights = new Float32Array(sizeOf(shape));
  const area = sizeOf(extents);
  if (position === undefined) {
    for (let unit = 0; unit < area; unit++) weights[placeOf(unit)] = 1 / area;
  } else {
    const [y, at] = position;
    const [height = 1, width = 1] = extents;
    const isThere = [[y, height], [at, width]].every(([i, extent]) => Number.isInteger(i) && i! >= 0 && i! < extent!); // prettier-ignore
    if (position.length !== 2 || extents.length > 2 || !isThere)
      throw new CajalError(
        "bad-argument",
        `maximize: got position [${position.map(showValue).join()}], expected [y, x] in layer "${layer.name}", which is ${(extents.length > 0 ? extents : [1, 1]).join(" × ")}.`,
        { position },
      );
    weights[placeOf(y * width + at)] = 1;
  }
  return { value: layer.value, shape, weights };
}

function noise(shape: readonly (number | undefined)[], seed: number): Tensor<"float32"> {
  if (!shape.every((extent) => extent !== undefined))
    throw new CajalError(
      "bad-argument",
      "maximize: the network takes images of any size; give one to begin with as `image`.",
    );
  const image = emptyRows(1, shape);
  const numbers = random(seed, "maximize");
  for (let i = 0; i < image.data.length; i++) image.data[i] = numbers.normal() / 10;
  return image;
}

/** Σx²/n; takes its gradient off. */
function addSquares(x: Float32Array, weight: number, gradient: Float64Array): number {
  let sum = 0;
  x.forEach((value, i) => {
    sum += value * value;
    gradient[i]! -= (weight * 2 * value) / x.length;
  });
  return sum / x.length;
}

/** TV(x)/n; takes its gradient off. */
function addVariation(x: Tensor<"float32">, weight: number, gradient: Float64Array): number {
  const [, channels, h, w] = x.shape as [number, number, number, number];
  const n = x.data.length;
  const values = rowOf(x, 0);
  let sum = 0;
  const pair = (a: number, b: number) => {
    const difference = values[b]! - values[a]!;
    sum += Math.abs(difference);
    gradient[b]! -= (weight * Math.sign(difference)) / n;
    gradient[a]! += (weight * Math.sign(difference)) / n;
  };
  if (weight === 0 || x.shape.length !== 4) return 0;
  for (let k = 0; k < channels; k++)
    for (let y = 0; y < h; y++)
      for (let at = 0; at < w; at++) {
        const place = (k * h + y) * w + at;
        if (y + 1 < h) pair(place, place + w);
        if (at + 1 < w) pair(place, place + 1);
      }
  return sum / n;
}
