// What a model is, in numbers: shapes, parameters, multiply-adds, depth, size. No engine, no weights.
import { sizeOf } from "@cajal/core";
import type { KerasShape } from "../layers/definition/shape";
import { writeConfig } from "../layers/definition/readConfig";
import type { WeightSpec } from "../layers/definition/layer";
import { resolve, type Call, type Model, type Network, type NetworkValue } from "./network";
import type { NetworkLayer } from "./planNode";
import type { ResolveOptions } from "../keras/registry";

export interface LayerSummary {
  readonly name: string;
  readonly className: string;
  /** Shape of the (first) output, batch included. */
  readonly output: KerasShape;
  /** Shapes of all outputs. */
  readonly outputs: readonly KerasShape[];
  /** The layer's config, every field with its value; undefined for a nested model. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly params: number;
  /** Of them, those that training changes. */
  readonly trainable: number;
  /** Multiply-adds of one example in convolutions and products, biases not counted; NaN where the size is free. */
  readonly macs: number;
  /** Names of the layers whose outputs are its inputs, in order. */
  readonly inbound: readonly string[];
  /** Name and shape of each weight. */
  readonly weights: readonly (readonly [name: string, shape: readonly number[]])[];
}

export interface Summary {
  readonly name: string;
  readonly inputs: readonly KerasShape[];
  readonly outputs: readonly KerasShape[];
  /** In Keras' order. */
  readonly layers: readonly LayerSummary[];
  readonly totalParams: number;
  readonly trainableParams: number;
  readonly nonTrainableParams: number;
  readonly macs: number;
  readonly depth: Depth;
  readonly size: Size;
}

/** How deep a network is, by the two definitions that papers and Keras' table use. */
export interface Depth {
  /** Layers on the longest path from input to output, InputLayer and every layer counted. */
  readonly layers: number;
  /** Of convolutions and dense layers alone, the greatest number on a path: what "ResNet50" counts. */
  readonly convAndDense: number;
}

export interface Size {
  /** Of all weights as float32. */
  readonly bytes: number;
  /**
   * Size of Keras' .h5 file in MB of 2²⁰ bytes, rounded up: 4 bytes a parameter and about 2160 a
   * tensor for HDF5's own. An estimate that gives Keras' published column for its ten networks.
   */
  readonly megabytes: number;
}

/**
 * Summarizes a model.
 *
 * @param options.layers definitions of layers of your own that the model has
 * @example summary(lenet5()).totalParams // 61706
 * @throws CajalError as {@link resolve}
 */
export function summary(model: Model | object | string, options: ResolveOptions = {}): Summary {
  const network = resolve(model, options);
  const macs = macsByLayer(network);
  return {
    name: network.name,
    inputs: network.inputs.map(({ shape }) => shape),
    outputs: network.outputs.map(({ shape }) => shape),
    layers: network.layers.map((layer) => layerSummary(layer, macs)),
    ...totalsOf(network),
  };
}

/** What a summary says of a network as a whole. */
export type Totals = Omit<Summary, "name" | "inputs" | "outputs" | "layers">;

export function totalsOf(network: Network): Totals {
  let totalParams = 0;
  let trainableParams = 0;
  let tensors = 0;
  const visit = ({ weights, layers }: NetworkLayer): void => {
    for (const { shape, trainable } of weights) {
      const params = sizeOf(shape);
      totalParams += params;
      if (trainable) trainableParams += params;
      tensors++;
    }
    layers?.forEach(visit);
  };
  network.layers.forEach(visit);
  return {
    totalParams,
    trainableParams,
    nonTrainableParams: totalParams - trainableParams,
    macs: network.calls.reduce((sum, call) => sum + macsOf(call), 0),
    depth: {
      layers: longestPath(network, () => 1),
      convAndDense: longestPath(network, ({ inner }) => (inner.definition.kind ? 1 : 0)),
    },
    size: {
      bytes: 4 * totalParams,
      megabytes: Math.ceil((4 * totalParams + 2160 * tensors) / 2 ** 20),
    },
  };
}

/** A weight of a model under its key. */
export type ModelWeight = WeightSpec & {
  /** `layer/weight`, e.g. "conv2d/kernel"; nested models put their name before. */
  readonly key: string;
};

/**
 * Every weight of a model once, in Keras' order.
 *
 * @param options.layers definitions of layers of your own that the model has
 */
export function weightSpecs(
  model: Model | object | string,
  options: ResolveOptions = {},
): readonly ModelWeight[] {
  return resolve(model, options).layers.flatMap(allWeights);
}

/** A layer's weights, those of a nested model's layers included. */
export const allWeights = (layer: NetworkLayer): readonly ModelWeight[] => [
  ...layer.weights,
  ...(layer.layers ?? []).flatMap(allWeights),
];

function layerSummary(layer: NetworkLayer, macs: ReadonlyMap<NetworkLayer, number>): LayerSummary {
  const weights = allWeights(layer);
  const macsWithin = (one: NetworkLayer): number =>
    (macs.get(one) ?? 0) + (one.layers ?? []).reduce((sum, inner) => sum + macsWithin(inner), 0);
  return {
    name: layer.name,
    className: layer.className,
    output: layer.outputs[0] ?? [],
    outputs: layer.outputs,
    config: layer.layer && writeConfig(layer.layer.definition.fields, layer.layer.config),
    params: paramsOf(weights),
    trainable: paramsOf(weights.filter(({ trainable }) => trainable)),
    macs: macsWithin(layer),
    inbound: layer.inbound,
    weights: weights.map(({ key, shape }) => [key.slice(layer.path.length + 1), shape]),
  };
}

/** Multiply-adds by layer, over all of its calls. */
function macsByLayer({ calls }: Network): ReadonlyMap<NetworkLayer, number> {
  const macs = new Map<NetworkLayer, number>();
  for (const call of calls) macs.set(call.layer, (macs.get(call.layer) ?? 0) + macsOf(call));
  return macs;
}

/** Multiply-adds of one call. */
function macsOf({ inner: { definition, config }, inputs, outputs }: Call): number {
  return definition.macs?.(config, inputs.map(shapeOf), outputs.map(shapeOf)) ?? 0;
}

const shapeOf = ({ shape }: NetworkValue): KerasShape => shape;

/** The greatest sum of `count` over the calls of a path. */
export function longestPath({ calls, outputs }: Network, count: (call: Call) => number): number {
  const depths = new Map<Call, number>();
  for (const call of calls) {
    let depth = 0;
    for (const input of call.inputs)
      if (input.call) depth = Math.max(depth, depths.get(input.call) ?? 0);
    depths.set(call, depth + count(call));
  }
  return Math.max(0, ...outputs.map(({ call }) => (call && depths.get(call)) ?? 0));
}

const paramsOf = (weights: readonly ModelWeight[]) =>
  weights.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
