// A model, understood: every call of every layer with the shapes of its inputs and outputs. Nested
// models are opened, so that what reads a network sees layers alone.
import { CajalError, showShape, unknownName } from "@cajal/core";
import type { KerasShape, LayerEntry, ModelConfig, SequentialConfig } from "../keras/config";
import type { InnerLayer, WeightSpec } from "../layers/definition/layer";
import { kerasOrder, type CallNode } from "./order";
import { firstCalls, isModel, readKeras } from "../keras/keras";
import { readLayer } from "./registry";

/** A model in any form that `resolve` takes; `object` is JSON as Keras 2, Keras 3 or TF.js wrote it. */
export type Model = ModelConfig | SequentialConfig;

/** A layer of a network. A nested model is one too, with `layers` of its own. */
export interface NetworkLayer {
  /** Names from the outermost model's layer to this, joined by "/"; what its weights' keys begin with. */
  readonly path: string;
  readonly name: string;
  readonly className: string;
  readonly trainable: boolean;
  /** Absent for a nested model. */
  readonly layer?: InnerLayer;
  /** The layers of a nested model. */
  readonly layers?: readonly NetworkLayer[];
  /** Shapes of the first call. */
  inputs: readonly KerasShape[];
  outputs: readonly KerasShape[];
  /** Its own weights, in Keras' order. */
  weights: readonly (WeightSpec & { readonly key: string })[];
  /** Names of the layers that the first call's inputs come from. */
  inbound: readonly string[];
}

/** A layer applied to values. */
export interface Call {
  readonly layer: NetworkLayer;
  /** Definition and config of that layer. */
  readonly inner: InnerLayer;
  readonly inputs: readonly NetworkValue[];
  readonly outputs: readonly NetworkValue[];
}

export interface NetworkValue {
  readonly shape: KerasShape;
  /** The name of its maker, for messages. */
  readonly from: string;
  /** The call that makes it. */
  call?: Call;
}

export interface Network {
  readonly name: string;
  /** In Keras' order. */
  readonly layers: readonly NetworkLayer[];
  /** Every call, in an order in which they can run. */
  readonly calls: readonly Call[];
  readonly inputs: readonly NetworkValue[];
  readonly outputs: readonly NetworkValue[];
  /** Names of the layers that give the outputs. */
  readonly outputNames: readonly string[];
}

/**
 * Understands a model: reads it, checks it, and infers all shapes.
 *
 * @param model a config of ours, or the JSON of Keras 2, Keras 3 or TF.js (object or text)
 * @throws CajalError `bad-model` (a cycle, a missing input, not a model), `bad-shape` (naming the layer
 *   and the shapes), `unknown-name` (a layer class), `unknown-option`, `bad-argument`, `unsupported`
 */
export function resolve(model: Model | object | string): Network {
  const { config } = readKeras(model);
  const calls: Call[] = [];
  const plan = planOf(config, "");
  const inputs = plan.inputs.map((node) => {
    const { layer } = node.layer;
    if (layer?.definition.className !== "InputLayer")
      throw new CajalError(
        "bad-model",
        `model "${config.name}": its input "${node.layer.name}" is a ${node.layer.className}, expected an InputLayer.`,
        { model: config.name, layer: node.layer.name },
      );
    return call(calls, node.layer, [], [])[0]!;
  });
  const outputs = run(plan, inputs, calls);
  const outputNames = plan.outputs.map(({ node }) => node.layer.name);
  return { name: config.name, layers: plan.layers, calls, inputs, outputs, outputNames };
}

/**
 * Shapes of what `layer` gives for inputs of these shapes.
 *
 * @param from names of the layers that the inputs come from, for messages
 * @throws CajalError `bad-shape` and others, naming the layer and the shapes
 */
export function outputShapes(
  layer: InnerLayer,
  inputs: readonly KerasShape[],
  from: readonly string[],
): readonly KerasShape[] {
  const { definition, config, name } = layer;
  const where = `layer "${name}" (${definition.className})`;
  const [least, most] = definition.arity ?? [1, 1];
  const facts = { layer: name, inputs, from };
  if (inputs.length < least || inputs.length > most)
    throw new CajalError(
      "bad-model",
      `${where}: got ${inputs.length} inputs, expected ${most === Infinity ? `at least ${least}` : least === most ? least : `${least} to ${most}`}.`,
      facts,
    );
  const given = () =>
    inputs.map((shape, i) => `${showShape(shape)} from "${from[i]}"`).join(" and ");
  for (const shape of inputs)
    if (definition.rank !== undefined && shape.length !== definition.rank)
      throw new CajalError(
        "bad-shape",
        `${where}: got ${given()}, expected ${definition.rank} axes, the batch included.`,
        facts,
      );
  try {
    return definition.shape(config, inputs);
  } catch (error) {
    if (!(error instanceof CajalError)) throw error;
    throw new CajalError(
      error.code,
      `${where}: got ${given()}: ${error.message}${error.message.endsWith(".") ? "" : "."}`,
      { ...error.facts, ...facts },
      { cause: error },
    );
  }
}

/** A call that is still to be made: its layer and where its inputs come from. */
interface PlanNode {
  readonly layer: NetworkLayer;
  readonly plan?: Plan;
  readonly inputs: readonly { readonly node: PlanNode; readonly tensor: number }[];
}

interface Plan {
  readonly name: string;
  readonly layers: readonly NetworkLayer[];
  readonly inputs: readonly PlanNode[];
  readonly outputs: readonly { readonly node: PlanNode; readonly tensor: number }[];
}

/** Reads a model's layers and follows its references; shapes come later, with a call. */
function planOf(config: ModelConfig["config"], path: string): Plan {
  const model = `model "${config.name}"`;
  const entries = new Map<string, LayerEntry>();
  for (const entry of config.layers) {
    if (entries.has(entry.name))
      throw new CajalError(
        "bad-model",
        `${model}: there are two layers of the name "${entry.name}".`,
        {
          layer: entry.name,
        },
      );
    entries.set(entry.name, entry);
  }
  const offsets = firstCalls(config);
  const layers = new Map<string, { layer: NetworkLayer; plan?: Plan }>();
  const layerOf = (entry: LayerEntry) => {
    const known = layers.get(entry.name);
    if (known) return known;
    const own = path ? `${path}/${entry.name}` : entry.name;
    const shared = {
      path: own,
      name: entry.name,
      className: entry.class_name,
      trainable: entry.config.trainable !== false,
      inputs: [],
      outputs: [],
      weights: [],
      inbound: [],
    };
    const plan = isModel(entry.class_name) ? planOf(readKeras(entry).config, own) : undefined;
    const layer: NetworkLayer = plan
      ? { ...shared, layers: plan.layers }
      : { ...shared, layer: readLayer(entry.class_name, entry.name, entry.config) };
    const made = { layer, plan };
    layers.set(entry.name, made);
    return made;
  };

  const nodes = new Map<string, PlanNode>();
  const underWay: string[] = [];
  const nodeOf = (name: string, index: number, wanted: string): PlanNode => {
    const entry = entries.get(name);
    if (!entry) throw unknownInput(model, wanted, name, entries.keys());
    const at = index - (offsets.get(name) ?? 0);
    const key = `${name}/${at}`;
    const known = nodes.get(key);
    if (known) return known;
    if (underWay.includes(key)) throw cycle(model, [...underWay, key]);
    const { layer, plan } = layerOf(entry);
    const inbound = entry.inbound_nodes[at];
    const isInput = entry.class_name === "InputLayer";
    if (!inbound && !isInput)
      throw new CajalError(
        "bad-model",
        `${model}, layer "${name}" (${entry.class_name}): its call ${at} has no input: ${wanted} wants it, and "inbound_nodes" lists ${entry.inbound_nodes.length} calls.`,
        { layer: name, node: at },
      );
    underWay.push(key);
    const inputs = (inbound ?? []).map(([from, node, tensor, kwargs]) => {
      checkArguments(`${model}, layer "${name}" (${entry.class_name})`, kwargs);
      return { node: nodeOf(from, node, `layer "${name}" (${entry.class_name})`), tensor };
    });
    underWay.pop();
    const made = { layer, plan, inputs };
    nodes.set(key, made);
    return made;
  };

  const outputs = config.output_layers.map(([name, node, tensor]) => ({
    node: nodeOf(name, node, "the model's output"),
    tensor,
  }));
  const inputs = config.input_layers.map(([name, node]) => nodeOf(name, node, "the model's input"));
  for (const [name, { class_name }] of entries)
    if (
      class_name === "InputLayer" &&
      layers.has(name) &&
      !inputs.some((x) => x.layer.name === name)
    )
      throw new CajalError(
        "bad-model",
        `${model}: the layer "${name}" is an InputLayer that outputs depend on, but "input_layers" does not list it.`,
        { layer: name },
      );
  if (outputs.length === 0)
    throw new CajalError("bad-model", `${model}: it has no outputs.`, { model: config.name });
  const callNodes = new Map<PlanNode, CallNode>();
  const asCallNode = (node: PlanNode): CallNode => {
    const known = callNodes.get(node);
    if (known) return known;
    const made = {
      layer: node.layer.name,
      parents: node.inputs.map(({ node }) => asCallNode(node)),
    };
    callNodes.set(node, made);
    return made;
  };
  const order = kerasOrder(
    outputs.map(({ node }) => asCallNode(node)),
    inputs.map(asCallNode),
  );
  return {
    name: config.name,
    layers: order.map((name) => layers.get(name)!.layer),
    inputs,
    outputs,
  };
}

/** Makes the plan's calls on `inputs`; gives the values of its outputs. */
function run(plan: Plan, inputs: readonly NetworkValue[], calls: Call[]): readonly NetworkValue[] {
  const values = new Map<PlanNode, readonly NetworkValue[]>(
    plan.inputs.map((node, i) => [node, [inputs[i]!]]),
  );
  const valuesOf = (node: PlanNode): readonly NetworkValue[] => {
    const known = values.get(node);
    if (known) return known;
    const given = node.inputs.map(({ node: from, tensor }) => {
      const value = valuesOf(from)[tensor];
      if (!value)
        throw new CajalError(
          "bad-model",
          `layer "${node.layer.path}" (${node.layer.className}): it wants output ${tensor} of layer "${from.layer.path}", which has ${valuesOf(from).length}.`,
          { layer: node.layer.path, from: from.layer.path, tensor },
        );
      return value;
    });
    const from = node.inputs.map(({ node }) => node.layer.name);
    const made = node.plan
      ? callModel(calls, node.layer, node.plan, given, from)
      : call(calls, node.layer, given, from);
    values.set(node, made);
    return made;
  };
  return plan.outputs.map(({ node, tensor }) => valuesOf(node)[tensor]!);
}

function callModel(
  calls: Call[],
  layer: NetworkLayer,
  plan: Plan,
  inputs: readonly NetworkValue[],
  from: readonly string[],
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
        const wanted = expected[axis]!;
        return extent !== null && wanted !== null && extent !== wanted;
      })
    )
      throw new CajalError(
        "bad-shape",
        `layer "${layer.path}" (${layer.className}): got ${showShape(shape)} from "${from[i]}", expected ${showShape(expected)} for its input "${name}".`,
        { layer: layer.path, got: shape, expected },
      );
    plan.inputs[i]!.layer.outputs = [expected];
  });
  const outputs = run(plan, inputs, calls);
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
): NetworkValue[] {
  const { layer: inner, name, path } = layer;
  if (!inner) return [];
  const shapes = inputs.map(({ shape }) => shape);
  const outputs = outputShapes(inner, shapes, from).map((shape): NetworkValue => ({
    shape,
    from: name,
  }));
  const weights = (inner.definition.weights?.(inner.config, shapes) ?? []).map((weight) => ({
    ...weight,
    trainable: weight.trainable && layer.trainable,
    key: `${path}/${weight.name}`,
  }));
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
  const made: Call = { layer, inner, inputs, outputs };
  for (const output of outputs) output.call = made;
  calls.push(made);
  return outputs;
}

/** Keyword arguments of a call that change nothing here; any other is refused. */
function checkArguments(where: string, kwargs: Readonly<Record<string, unknown>>): void {
  for (const [key, value] of Object.entries(kwargs))
    if (value !== null && !(key === "training" && value === false))
      throw new CajalError(
        "unsupported",
        `${where}: it is called with ${key} = ${JSON.stringify(value)}, which Cajal does not honour.`,
        { key, value },
      );
}

function unknownInput(model: string, wanted: string, name: string, known: Iterable<string>) {
  const { facts, message } = unknownName("layer", name, known);
  return new CajalError(
    "bad-model",
    `${model}: ${wanted} takes its input from an ${message}`,
    facts,
  );
}

function cycle(model: string, keys: readonly string[]) {
  const names = keys.map((key) => key.slice(0, key.lastIndexOf("/")));
  const loop = names.slice(names.indexOf(names.at(-1)!));
  // Each layer takes its input from the next.
  return new CajalError(
    "bad-model",
    `${model}: its layers form a cycle: ${loop.toReversed().join(" → ")}.`,
    { cycle: loop.toReversed() },
  );
}
