// A resolved model: every call of every layer with the shapes of its inputs and outputs. Nested models are
// flattened, so that a network consists of layers only.
import { CajalError, showShape, sizeOf } from "@cajal/core";
import type { ModelConfig } from "../keras/config";
import type { Layer } from "../layers/definition/layer";
import { inputLayer } from "../layers/inputLayer";
import { elementTypes } from "../layers/shared/integers";
import { withPlace, outputShapes } from "./outputShapes";
import { maskCall, writtenAsMask, type MasksOfValues, type StatedMasks } from "./masks";
import { callsOf, planOf } from "./plan";
import type { NetworkLayer, Plan, PlanNode, PlanValue } from "./planNode";
import type { Call, Mask, NetworkValue } from "./values";
import type { Registry } from "../keras/registry";

/** Marks networks of `resolve`; JSON has no symbols. The same in every copy of this package. */
const resolved: unique symbol = Symbol.for("cajal.network");

export interface Network {
  readonly [resolved]: true;
  readonly name: string;
  /** The model that was read, to resolve the network again once its inputs' shapes are known. */
  readonly model: ModelConfig;
  /** Definitions of layers, besides Cajal's own, that it was resolved with. */
  readonly added: readonly Layer[];
  /** In Keras' order. */
  readonly layers: readonly NetworkLayer[];
  /** Every call, in topological order. */
  readonly calls: readonly Call[];
  readonly inputs: readonly NetworkValue[];
  readonly outputs: readonly NetworkValue[];
  /** Names of the layers that compute the outputs. */
  readonly outputNames: readonly string[];
}

/** Limit of the calls of a network: models nested in each other can have exponentially many. */
const mostCalls = 2 ** 20;

/**
 * The network of a model that was read.
 *
 * @throws CajalError as `resolve`
 */
export function networkOf(read: ModelConfig, registry: Registry): Network {
  const { config } = read;
  const calls: Call[] = [];
  const plan = planOf(config, { path: "", trainable: true, registry });
  const count = callsOf(plan);
  if (count > mostCalls)
    throw new CajalError(
      "bad-model",
      `model "${config.name}": its nested models call each other's layers ${count} times in all, expected at most ${mostCalls}.`,
      { model: config.name, calls: count },
    );
  const inputs = plan.inputs.map((node) => {
    const { layer } = node.layer;
    if (!layer?.definition.isInput)
      throw new CajalError(
        "bad-model",
        `model "${config.name}": its input "${node.layer.name}" is a ${node.layer.className}, expected an ${inputLayer.className}.`,
        { model: config.name, layer: node.layer.name },
      );
    return call(calls, node.layer, [], [], { masks: noMasks() })[0]!;
  });
  const carried: MasksOfValues["carried"] = new Map();
  const outputs = run(plan, inputs, calls, carried);
  for (const output of outputs) {
    const mask = carried.get(output);
    if (mask) output.mask = mask;
  }
  const outputNames = plan.outputs.map(({ node }) => node.layer.name);
  checkKeys(config.name, plan.layers);
  return {
    [resolved]: true,
    name: config.name,
    model: read,
    added: registry.added,
    layers: plan.layers,
    calls,
    inputs,
    outputs,
    outputNames,
  };
}

/** Whether a value is a network of {@link resolve}. */
export const isNetwork = (model: object | string): model is Network =>
  typeof model === "object" && model !== null && resolved in model;

/** A layer, or its weight of that key. */
function showOwner({ path, name, className, weights }: NetworkLayer, key: string): string {
  const weight = key === path ? undefined : weights.find((each) => each.key === key);
  return `${weight === undefined ? "" : `weight "${weight.name}" of `}layer "${name}" (${className})`;
}

/** Names with slashes could give two layers one path, or two weights one key. */
function checkKeys(model: string, layers: readonly NetworkLayer[]): void {
  /** What each key stands for: the layer of that path, or whose weight it is. */
  const owners = new Map<string, NetworkLayer>();
  const take = (key: string, owner: NetworkLayer) => {
    const otherOwner = owners.get(key);
    if (otherOwner)
      throw new CajalError(
        "bad-model",
        `model "${model}": ${showOwner(otherOwner, key)} and ${showOwner(owner, key)} are both addressed as "${key}". Rename one of them.`,
        { model, key },
      );
    owners.set(key, owner);
  };
  const visit = (layer: NetworkLayer): void => {
    take(layer.path, layer);
    for (const { key } of layer.weights) take(key, layer);
    layer.layers?.forEach(visit);
  };
  layers.forEach(visit);
}

/** Makes the plan's calls on `inputs`; gives the values of its outputs. */
function run(
  plan: Plan,
  inputs: readonly NetworkValue[],
  calls: Call[],
  carried: MasksOfValues["carried"],
): readonly NetworkValue[] {
  const masks: MasksOfValues = { recorded: new Map(), carried };
  const values = new Map<PlanNode, readonly NetworkValue[]>(
    plan.inputs.map((node, i) => [node, [inputs[i]!]]),
  );
  const valueOf = (title: () => string, { node, tensor }: PlanValue): NetworkValue => {
    const result = values.get(node)!;
    const value = result[tensor];
    if (value) return value;
    throw new CajalError(
      "bad-model",
      `${title()}: it wants output ${tensor} of layer "${node.layer.path}", which has ${result.length}.`,
      { from: node.layer.path, tensor, outputs: result.length },
    );
  };
  /** What a call says of masks; `implied` are those that follow from the layers before. */
  const statedMasks = (
    title: () => string,
    { masks: stated }: PlanNode,
    inputValues: readonly NetworkValue[],
  ): StatedMasks | undefined =>
    stated && {
      all: stated.all,
      masks: stated.list.map((mask, i): Mask | undefined => {
        if (!mask) return undefined;
        if ("value" in mask) return { kind: "value", of: valueOf(title, mask.value) };
        const comparisons = mask.comparisons.map(({ of, value, features }) => ({
          source: valueOf(title, of),
          value,
          features,
        }));
        return withPlace(
          () => writtenAsMask(comparisons, inputValues[i] && masks.recorded.get(inputValues[i])),
          title,
          {},
        );
      }),
    };
  for (const node of plan.nodes) {
    if (values.has(node)) continue;
    const where = () => placeOf(node.layer);
    const inputValues = node.inputs.map((input) => valueOf(where, input));
    const from = node.inputs.map(({ node }) => node.layer.name);
    const stated = statedMasks(where, node, inputValues);
    const attentionMask = node.attentionMask && valueOf(where, node.attentionMask);
    const result = node.plan
      ? callModel(calls, node.layer, node.plan, inputValues, from, { masks, stated })
      : call(calls, node.layer, inputValues, from, { options: node.options, masks, stated, attentionMask }); // prettier-ignore
    values.set(node, result);
  }
  return plan.outputs.map((output) => valueOf(() => `model "${plan.name}"`, output));
}

const placeOf = ({ path, className }: NetworkLayer) => `layer "${path}" (${className})`;

interface MasksAndStated {
  readonly masks: MasksOfValues;
  /** What the call says of masks. */
  readonly stated?: StatedMasks | undefined;
}

const noMasks = (): MasksOfValues => ({ recorded: new Map(), carried: new Map() });

function callModel(
  calls: Call[],
  layer: NetworkLayer,
  plan: Plan,
  inputs: readonly NetworkValue[],
  from: readonly string[],
  { masks: { recorded, carried }, stated }: MasksAndStated,
): readonly NetworkValue[] {
  if (inputs.length !== plan.inputs.length)
    throw new CajalError(
      "bad-model",
      `layer "${layer.path}" (${layer.className}): got ${inputs.length} inputs, expected ${plan.inputs.length}.`,
      { layer: layer.path },
    );
  plan.inputs.forEach(({ layer: { layer: input, name } }, i) => {
    const expected = input ? outputShapes(input, [], [])[0]! : [];
    const { shape } = inputs[i]!;
    if (
      shape.length !== expected.length ||
      shape.some((extent, axis) => {
        const expectedExtent = expected[axis]!;
        return extent !== null && expectedExtent !== null && extent !== expectedExtent;
      })
    )
      throw new CajalError(
        "bad-shape",
        `layer "${layer.path}" (${layer.className}): got ${showShape(shape)} from "${from[i]}", expected ${showShape(expected)} for its input "${name}".`,
        { layer: layer.path, got: shape, expected },
      );
    plan.inputs[i]!.layer.outputs = [expected];
  });
  inputs.forEach((input, i) => {
    const mask = stated?.masks[i] ?? (inputs.length === 1 ? recorded.get(input) : undefined);
    if (mask) carried.set(input, mask);
  });
  const outputs = run(plan, inputs, calls, carried);
  if (layer.outputs.length === 0) {
    layer.inputs = inputs.map(({ shape }) => shape);
    layer.outputs = outputs.map(({ shape }) => shape);
    layer.inbound = from;
  }
  return outputs;
}

function call(
  calls: Call[],
  layer: NetworkLayer,
  inputs: readonly NetworkValue[],
  from: readonly string[],
  {
    options,
    masks,
    stated,
    attentionMask,
  }: MasksAndStated & {
    readonly options?: PlanNode["options"];
    readonly attentionMask?: NetworkValue | undefined;
  },
): NetworkValue[] {
  const { layer: ownLayer, name, path } = layer;
  if (!ownLayer) return [];
  const innerLayer = options
    ? { ...ownLayer, config: { ...ownLayer.config, ...options } }
    : ownLayer;
  const shapes = inputs.map(({ shape }) => shape);
  const where = () => placeOf(layer);
  const dtypes = withPlace(
    () =>
      elementTypes(
        innerLayer,
        inputs.map(({ dtype }) => dtype),
      ),
    where,
    { layer: path },
  );
  const outputs = outputShapes(innerLayer, shapes, from).map((shape): NetworkValue => ({
    shape,
    dtype: dtypes.output,
    from: name,
  }));
  const [usedMasks, specs] = withPlace(
    () => [
      maskCall(innerLayer, inputs, outputs, masks, stated),
      innerLayer.definition.weights?.(innerLayer.config, shapes) ?? [],
    ],
    where,
    { layer: path },
  );
  const weights = specs.map((weight) => ({
    ...weight,
    trainable: weight.trainable && layer.trainable,
    key: `${path}/${weight.name}`,
  }));
  for (const { name: weight, shape } of weights)
    if (!Number.isSafeInteger(sizeOf(shape)))
      throw new CajalError(
        "bad-shape",
        `${where()}, weight "${weight}": ${showShape(shape)} has more elements than can be counted.`,
        { layer: path, weight, shape },
      );
  if (layer.outputs.length === 0) {
    layer.inputs = shapes;
    layer.outputs = outputs.map(({ shape }) => shape);
    layer.weights = weights;
    layer.inbound = from;
  } else
    weights.forEach(({ name: weight, shape }, i) => {
      const first = layer.weights[i]!.shape;
      if (showShape(first) !== showShape(shape))
        throw new CajalError(
          "bad-shape",
          `layer "${path}" (${layer.className}) is shared, and its calls need different weights "${weight}": ${showShape(first)} for an input ${showShape(layer.inputs[0]!)}, ${showShape(shape)} for ${showShape(shapes[0]!)}.`,
          { layer: path, weight, shapes: [first, shape] },
        );
    });
  const result: Call = {
    layer,
    inner: innerLayer,
    inputs,
    outputs,
    dtype: dtypes.computed,
    ...(usedMasks.length > 0 && { masks: usedMasks }),
    ...(attentionMask && { attentionMask }),
  };
  for (const output of outputs) output.call = result;
  calls.push(result);
  return outputs;
}
