// What an inference graph need not compute: a normalization or a scale behind a convolution or dense
// layer goes into its weights, a padding before a convolution into the convolution.
import type { Tensor, Weights } from "@cajal/core";
import type { Borders } from "../layers/definition/fields";
import type { Call, Network, NetworkValue } from "../network/network";
import type { NetworkLayer } from "../network/plan";
import type { ModelWeight } from "../network/summary";

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

export interface FoldedWeights {
  /** Calls that pass their input through. */
  readonly skipped: ReadonlySet<Call>;
  /** Calls whose config is another now. */
  readonly configs: ReadonlyMap<Call, Readonly<Record<string, unknown>>>;
  /** Weights that changed or came about. */
  readonly weights: ReadonlyMap<string, { readonly weight: ModelWeight; readonly tensor: Tensor }>;
}

/**
 * What follows a layer that is linear in its kernel and is read by nothing else:
 *
 * - a normalization by moving averages: with s = gamma / sqrt(moving_variance + epsilon) the kernel
 *   becomes kernel · s and the bias (bias - moving_mean) · s + beta;
 * - the scale of a CustomScaleLayer, [x, y] -> x + scale · y, on y.
 *
 * Computed in float64 and rounded once.
 */
export function foldWeights(
  network: Network,
  weights: Weights,
  watched: Iterable<NetworkValue>,
): FoldedWeights {
  const readers = readersOf(network, watched);
  const calls = callsOf(network);
  const skipped = new Set<Call>();
  const configs = new Map<Call, Readonly<Record<string, unknown>>>();
  const changed = new Map<string, { weight: ModelWeight; tensor: Tensor }>();
  for (const call of network.calls) {
    const { className } = call.inner.definition;
    const scales = className === "CustomScaleLayer";
    if (!scales && className !== "BatchNormalization") continue;
    const value = call.inputs[scales ? 1 : 0]!;
    const before = value.call;
    const folds = before?.inner.definition.folds;
    if (!before || !folds || before.inner.config.activation !== "linear") continue;
    // Weights that another call reads too must stay as they are.
    const alone = calls.get(before.layer) === 1 && calls.get(call.layer) === 1;
    if (!alone || readers.get(value) !== 1) continue;

    const found = fitting([...before.layer.weights, ...call.layer.weights], weights);
    if (!found) continue; // what does not fit is said where it is wanted
    const find = ({ layer }: Call, name: string) => found.get(`${layer.path}/${name}`);
    const kernel = find(before, folds.kernel)!;
    const bias = find(before, "bias");
    const channels = folds.channels.reduce((n, axis) => n * kernel.weight.shape[axis]!, 1);
    const affine = scales
      ? {
          scale: new Float64Array(channels).fill(Number(call.inner.config.scale)),
          shift: undefined,
        }
      : normalization(Number(call.inner.config.epsilon), (name) => find(call, name)?.tensor.data);

    const { scale, shift } = affine;
    changed.set(kernel.weight.key, {
      weight: kernel.weight,
      tensor: scaled(kernel.tensor, scale, folds.channels),
    });
    if (bias || shift) {
      const key = `${before.layer.path}/bias`;
      const shape = [channels];
      const data = Float32Array.from(
        { length: channels },
        (_, c) => Number(bias?.tensor.data[c] ?? 0) * scale[c]! + (shift?.[c] ?? 0),
      );
      changed.set(key, {
        weight: bias?.weight ?? { ...kernel.weight, name: "bias", key, shape },
        tensor: { dtype: "float32", shape, data },
      });
      configs.set(before, { ...before.inner.config, use_bias: true });
    }
    if (scales) configs.set(call, { ...call.inner.config, scale: 1 });
    else skipped.add(call);
  }
  return { skipped, configs, weights: changed };
}

/** Weights by key with their numbers; undefined where one is missing or not as it should be. */
function fitting(
  specs: readonly ModelWeight[],
  weights: Weights,
): ReadonlyMap<string, { weight: ModelWeight; tensor: Tensor }> | undefined {
  const found = new Map<string, { weight: ModelWeight; tensor: Tensor }>();
  for (const weight of specs) {
    const tensor = weights.get(weight.key);
    if (tensor?.dtype !== "float32" || tensor.shape.join() !== weight.shape.join())
      return undefined;
    found.set(weight.key, { weight, tensor });
  }
  return found;
}

/** A normalization as scale · x + shift. */
function normalization(
  epsilon: number,
  find: (name: string) => Tensor["data"] | undefined,
): { scale: Float64Array; shift: Float64Array } {
  const [mean, variance] = [find("moving_mean")!, find("moving_variance")!];
  const [gamma, beta] = [find("gamma"), find("beta")];
  const { length } = variance;
  const scale = Float64Array.from(
    { length },
    (_, c) => Number(gamma?.[c] ?? 1) / Math.sqrt(Number(variance[c]) + epsilon),
  );
  const shift = Float64Array.from(
    { length },
    (_, c) => Number(beta?.[c] ?? 0) - Number(mean[c]) * scale[c]!,
  );
  return { scale, shift };
}

/** The kernel with each output channel times its scale; `channels`: the axes that make them up. */
function scaled(kernel: Tensor, scale: Float64Array, channels: readonly number[]): Tensor {
  const inner = kernel.shape.slice(channels.at(-1)! + 1).reduce((size, extent) => size * extent, 1);
  const data = new Float32Array(kernel.data.length);
  const source = kernel.data as Float32Array;
  for (let i = 0; i < data.length;)
    for (let channel = 0; channel < scale.length; channel++)
      for (let k = 0; k < inner; k++, i++) data[i] = source[i]! * scale[channel]!;
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
