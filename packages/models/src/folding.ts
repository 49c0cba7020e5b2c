// What an inference graph need not compute: a normalization behind a convolution or dense layer goes
// into its weights, a padding before a convolution into the convolution.
import type { Tensor, Weights } from "@cajal/core";
import type { Borders } from "./fields";
import type { Call, Network, NetworkLayer, NetworkValue } from "./network";
import type { ModelWeight } from "./summary";

/** Calls that pass their input through, for others do their work. */
export interface FoldedPaddings {
  readonly skipped: ReadonlySet<Call>;
  /** What calls pad beside their own. */
  readonly borders: ReadonlyMap<Call, Borders>;
}

/**
 * Zero paddings whose one reader can pad: a convolution with padding "valid", or a max pool over
 * values that are not negative (it pads with the least number, which is then no different from 0).
 */
export function foldPaddings(network: Network, watched: Iterable<NetworkValue>): FoldedPaddings {
  const readers = readersOf(network, watched);
  const skipped = new Set<Call>();
  const borders = new Map<Call, Borders>();
  for (const call of network.calls) {
    const padding = call.inputs[0]?.call;
    if (padding?.inner.definition.className !== "ZeroPadding2D") continue;
    const { definition, config } = call.inner;
    if (!definition.pads || config.padding !== "valid" || readers.get(call.inputs[0]!) !== 1)
      continue;
    const pad = padding.inner.config.padding as Borders;
    if (definition.pads === "nonnegative") {
      const { pool_size } = config as { pool_size: readonly number[] };
      const within = pad.every((sides, axis) => sides.every((side) => side < pool_size[axis]!));
      if (!within || !isNonnegative(padding.inputs[0]!)) continue;
    }
    skipped.add(padding);
    borders.set(call, pad);
  }
  return { skipped, borders };
}

export interface FoldedNormalizations {
  readonly skipped: ReadonlySet<Call>;
  /** Calls that have a bias now, and the weights of theirs that changed. */
  readonly biased: ReadonlySet<Call>;
  readonly weights: ReadonlyMap<string, { readonly weight: ModelWeight; readonly tensor: Tensor }>;
}

/**
 * Normalizations by moving averages behind a layer that is linear in its kernel and read by nothing
 * else: with s = gamma / sqrt(moving_variance + epsilon), computed in float64 and rounded once,
 * the kernel becomes kernel · s and the bias (bias - moving_mean) · s + beta.
 */
export function foldNormalizations(
  network: Network,
  weights: Weights,
  watched: Iterable<NetworkValue>,
): FoldedNormalizations {
  const readers = readersOf(network, watched);
  const calls = callsOf(network);
  const skipped = new Set<Call>();
  const biased = new Set<Call>();
  const changed = new Map<string, { weight: ModelWeight; tensor: Tensor }>();
  for (const normalization of network.calls) {
    if (normalization.inner.definition.className !== "BatchNormalization") continue;
    const value = normalization.inputs[0]!;
    const before = value.call;
    const folds = before?.inner.definition.folds;
    if (!before || !folds || before.inner.config.activation !== "linear") continue;
    if (readers.get(value) !== 1) continue;
    if (calls.get(before.layer) !== 1 || calls.get(normalization.layer) !== 1) continue;

    const find = ({ layer }: Call, name: string) => {
      const weight = layer.weights.find((weight) => weight.name === name);
      const tensor = weight && weights.get(weight.key);
      return weight && tensor?.dtype === "float32" ? { weight, tensor } : undefined;
    };
    const kernel = find(before, folds.kernel);
    const mean = find(normalization, "moving_mean")?.tensor.data;
    const variance = find(normalization, "moving_variance")?.tensor.data;
    if (!kernel || !mean || !variance) continue; // which is missing is said where it is wanted
    const gamma = find(normalization, "gamma")?.tensor.data;
    const beta = find(normalization, "beta")?.tensor.data;
    const bias = find(before, "bias");

    const epsilon = Number(normalization.inner.config.epsilon);
    const scale = Float64Array.from(
      { length: variance.length },
      (_, c) => Number(gamma?.[c] ?? 1) / Math.sqrt(Number(variance[c]) + epsilon),
    );
    const shift = Float32Array.from(
      { length: mean.length },
      (_, c) =>
        (Number(bias?.tensor.data[c] ?? 0) - Number(mean[c])) * scale[c]! + Number(beta?.[c] ?? 0),
    );
    const name = "bias";
    const key = `${before.layer.path}/${name}`;
    const shape = [shift.length];
    changed.set(kernel.weight.key, {
      weight: kernel.weight,
      tensor: scaled(kernel.tensor, scale, folds.channels),
    });
    changed.set(key, {
      weight: bias?.weight ?? { ...kernel.weight, name, key, shape },
      tensor: { dtype: "float32", shape, data: shift },
    });
    biased.add(before);
    skipped.add(normalization);
  }
  return { skipped, biased, weights: changed };
}

/** The kernel with each output channel times its scale; `channels`: the axes that make them up. */
function scaled(kernel: Tensor, scale: Float64Array, channels: readonly number[]): Tensor {
  const inner = kernel.shape.slice(channels.at(-1)! + 1).reduce((size, extent) => size * extent, 1);
  const data = new Float32Array(kernel.data.length);
  for (let i = 0, channel = 0; i < data.length; channel = (channel + 1) % scale.length)
    for (let k = 0; k < inner; k++, i++) data[i] = Number(kernel.data[i]) * scale[channel]!;
  return { dtype: "float32", shape: kernel.shape, data };
}

function isNonnegative({ call }: NetworkValue): boolean {
  if (!call) return false;
  const { definition, config } = call.inner;
  if (definition.className === "ReLU") return config.negative_slope === 0 && config.threshold === 0;
  return [
    "relu",
    "relu6",
    "sigmoid",
    "hard_sigmoid",
    "softplus",
    "softmax",
    "exponential",
  ].includes(String(config.activation));
}

/** How often each value is read, by calls, as an output, and by who watches. */
function readersOf({ calls, outputs }: Network, watched: Iterable<NetworkValue>) {
  const readers = new Map<NetworkValue, number>();
  for (const value of [...calls.flatMap(({ inputs }) => inputs), ...outputs, ...watched])
    readers.set(value, (readers.get(value) ?? 0) + 1);
  return readers;
}

function callsOf({ calls }: Network) {
  const counts = new Map<NetworkLayer, number>();
  for (const { layer } of calls) counts.set(layer, (counts.get(layer) ?? 0) + 1);
  return counts;
}
