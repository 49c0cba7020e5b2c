// What an inference graph need not compute: a normalization or a scale behind a convolution or dense
// layer goes into its weights, a padding before a convolution into the convolution.
import type { Tensor, Weights } from "@cajal/core";
import type { Borders } from "../layers/definition/fields";
import { activationOf } from "../layers/definition/activations";
import type { Call, Network, NetworkValue } from "../network/network";
import { readsOf } from "../network/masks";
import type { NetworkLayer } from "../network/planNode";
import type { ModelWeight } from "../network/summary";
import { scaled } from "./scaled";

/** Calls that pass their input through, for others do their work. */
export interface FoldedPaddings {
  readonly skippedCalls: ReadonlySet<Call>;
  /** What calls pad beside their own. */
  readonly borders: ReadonlyMap<Call, Borders>;
}

/** Layers that only put zeros around an image, whose one reader can do so itself: see `pads` of a layer. */
export function foldPaddings(
  network: Network,
  watchedValues: Iterable<NetworkValue>,
): FoldedPaddings {
  const readers = readersOf(network, watchedValues);
  const skippedCalls = new Set<Call>();
  const borders = new Map<Call, Borders>();
  for (const call of network.calls) {
    const padding = call.inputs[0]?.call;
    const { definition, config } = call.inner;
    if (!padding || !definition.pads || readers.get(call.inputs[0]!) !== 1) continue;
    const zeros = padding.inner.definition.zeros?.(padding.inner.config);
    if (!zeros || isFirst(padding) !== isFirst(call)) continue;
    if (!definition.pads(config, zeros, { nonnegative: isNonnegative(padding.inputs[0]!) }))
      continue;
    skippedCalls.add(padding);
    borders.set(call, zeros);
  }
  return { skippedCalls, borders };
}

export interface FoldedWeights {
  /** Calls that pass their input through. */
  readonly skippedCalls: ReadonlySet<Call>;
  /** Calls whose config is another now. */
  readonly configs: ReadonlyMap<Call, Readonly<Record<string, unknown>>>;
  /** Weights that changed or came about. */
  readonly weights: ReadonlyMap<string, { readonly weight: ModelWeight; readonly tensor: Tensor }>;
}

/**
 * Affine layers behind one that is linear in its kernel, and is read by nothing else: the kernel becomes
 * kernel · scale and the bias bias · scale + shift. Computed in float64 and rounded once.
 */
export function foldWeights(
  network: Network,
  weights: Weights,
  watchedValues: Iterable<NetworkValue>,
): FoldedWeights {
  const readers = readersOf(network, watchedValues);
  const calls = callsOf(network);
  const skippedCalls = new Set<Call>();
  const configs = new Map<Call, Readonly<Record<string, unknown>>>();
  const changedWeights = new Map<string, { weight: ModelWeight; tensor: Tensor }>();
  for (const call of network.calls) {
    const { definition, config } = call.inner;
    const { affine } = definition;
    if (!affine) continue;
    const value = call.inputs[affine.input]!;
    const previousCall = value.call;
    const folds = previousCall?.inner.definition.folds;
    if (!previousCall || !folds) continue;
    if (previousCall.inner.definition.ending?.(previousCall.inner.config).activation !== "linear")
      continue;
    const rank = value.shape.length;
    const channelAxis = isFirst(previousCall) && rank > 2 ? 1 : rank - 1;
    if (affine.axis && affine.axis(config, rank) !== channelAxis) continue;
    // Weights that another call reads too must stay as they are.
    const isCalledOnce = calls.get(previousCall.layer) === 1 && calls.get(call.layer) === 1;
    if (!isCalledOnce || readers.get(value) !== 1) continue;

    const matchingWeights = matchWeights(
      [...previousCall.layer.weights, ...call.layer.weights],
      weights,
    );
    if (!matchingWeights) continue; // what does not fit is said where it is wanted
    const find = ({ layer }: Call, name: string) => matchingWeights.get(`${layer.path}/${name}`);
    const kernel = find(previousCall, folds.kernel)!;
    const bias = find(previousCall, "bias");
    const channels = folds.channels.reduce((n, axis) => n * kernel.weight.shape[axis]!, 1);
    const { scale, shift } = affine.of(config, channels, (name) => find(call, name)?.tensor.data);
    changedWeights.set(kernel.weight.key, {
      weight: kernel.weight,
      tensor: scaled(kernel.tensor, scale, folds.channels),
    });
    if (bias || shift) {
      const key = `${previousCall.layer.path}/bias`;
      const shape = [channels];
      const before = bias?.tensor.data;
      const data = new Float32Array(channels).map(
        (_, c) => Number(before?.[c] ?? 0) * scale[c]! + (shift?.[c] ?? 0),
      );
      changedWeights.set(key, {
        weight: bias?.weight ?? { ...kernel.weight, name: "bias", key, shape },
        tensor: { dtype: "float32", shape, data },
      });
      configs.set(previousCall, { ...previousCall.inner.config, use_bias: true });
    }
    if (affine.rest) configs.set(call, affine.rest(config));
    else skippedCalls.add(call);
  }
  return { skippedCalls, configs, weights: changedWeights };
}

/** Weights by key with their numbers; undefined where one is missing or not as it should be. */
function matchWeights(
  specs: readonly ModelWeight[],
  weights: Weights,
): ReadonlyMap<string, { weight: ModelWeight; tensor: Tensor }> | undefined {
  const matchingWeights = new Map<string, { weight: ModelWeight; tensor: Tensor }>();
  for (const weight of specs) {
    const tensor = weights.get(weight.key);
    if (tensor?.dtype !== "float32" || tensor.shape.join() !== weight.shape.join())
      return undefined;
    matchingWeights.set(weight.key, { weight, tensor });
  }
  return matchingWeights;
}

/** Whether the channels of its images come right after the batch. */
const isFirst = ({ inner: elementsPerChannel }: Call) =>
  elementsPerChannel.definition.channelsLast !== undefined;

function isNonnegative({ call }: NetworkValue): boolean {
  if (!call) return false;
  const { definition, config } = call.inner;
  if (definition.nonnegative) return definition.nonnegative(config);
  const ending = definition.ending?.(config);
  return ending !== undefined && activationOf(ending.activation)?.nonnegative === true;
}

/** How often each value is read, by calls, as an output, and by who watches. */
function readersOf({ calls, outputs }: Network, watchedValues: Iterable<NetworkValue>) {
  const readers = new Map<NetworkValue, number>();
  for (const value of [...calls.flatMap(readsOf), ...outputs, ...watchedValues])
    readers.set(value, (readers.get(value) ?? 0) + 1);
  return readers;
}

function callsOf({ calls }: Network) {
  const counts = new Map<NetworkLayer, number>();
  for (const { layer } of calls) counts.set(layer, (counts.get(layer) ?? 0) + 1);
  return counts;
}
