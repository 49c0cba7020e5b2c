// A model's calls, read from its config: what each layer is called on, without shapes yet.
import { CajalError, unknownName } from "@cajal/core";
import type { InboundRef, LayerEntry, ModelConfig, TensorRef } from "../keras/config";
import type { KerasObject } from "../layers/definition/fields";
import { isModel } from "../keras/isModel";
import { readModel } from "../keras/readKeras";
import type { InnerLayer } from "../layers/definition/layer";
import { inputLayer } from "../layers/inputLayer";
import { checkArguments, masksOf, maskReferences, optionsOf } from "./callArguments";
import { isOperation, maskOperations, type MaskOperation, type PlanMasks } from "./maskOperations";
import { kerasOrders, type CallNode } from "./order";
import type { NetworkLayer, Plan, PlanNode, PlanValue } from "./planNode";
import type { Registry } from "../keras/registry";

/** Where a model is: the path of its name, whether what it is in is trained, and what layers there are. */
interface Within {
  readonly path: string;
  readonly trainable: boolean;
  readonly registry: Registry;
}

/** A layer, and the plan of it where it is a model. */
interface PlannedLayer {
  readonly layer: NetworkLayer;
  readonly plan: Plan | undefined;
}

/** A call whose inputs are being looked up. */
interface OpenCall {
  readonly key: string;
  readonly call: number;
  readonly entry: LayerEntry;
  readonly inbound: readonly InboundRef[];
  /** Its inputs, then what its masks refer to. */
  readonly refs: readonly (InboundRef | TensorRef)[];
  readonly values: PlanValue[];
}

/** A walk from a model's outputs along its references; with a stack of its own, for networks are deeper than the engine's. */
interface Walk {
  /** For messages. */
  readonly model: string;
  readonly surroundings: Within;
  readonly isTrainable: boolean;
  readonly entries: ReadonlyMap<string, LayerEntry>;
  readonly layers: Map<string, PlannedLayer>;
  readonly nodes: Map<string, PlanNode>;
  readonly open: OpenCall[];
  readonly inProgress: Set<string>;
}

/** Reads a model's layers and follows its references; shapes come later, with a call. */
export function planOf(config: ModelConfig["config"], surroundings: Within): Plan {
  const model = `model "${config.name}"`;
  const entries = entriesOf(model, config.layers);
  const layers = new Map<string, PlannedLayer>();
  const nodes = new Map<string, PlanNode>();
  const isTrainable = surroundings.trainable && config.trainable !== false;
  const walk: Walk = { model, surroundings, isTrainable, entries, layers, nodes, open: [], inProgress: new Set() }; // prettier-ignore
  const outputs = config.output_layers.map(([name, node, tensor]) => ({
    node: nodeOf(walk, [name, node], "the model's output"),
    tensor,
  }));
  const inputs = config.input_layers.map(([name, node, tensor]) => {
    if (tensor !== 0)
      throw new CajalError(
        "bad-model",
        `${model}: its input is output ${tensor} of layer "${name}", which has 1.`,
        { layer: name, output: tensor },
      );
    return nodeOf(walk, [name, node], "the model's input");
  });
  const inputNames = new Set<string>();
  for (const { layer } of inputs) {
    if (inputNames.has(layer.name))
      throw new CajalError("bad-model", `${model}: "input_layers" lists "${layer.name}" twice.`, {
        layer: layer.name,
      });
    inputNames.add(layer.name);
  }
  for (const [name, { class_name }] of entries)
    if (class_name === inputLayer.className && layers.has(name) && !inputNames.has(name))
      throw new CajalError(
        "bad-model",
        `${model}: the layer "${name}" is an ${inputLayer.className} that outputs depend on, but "input_layers" does not list it.`,
        { layer: name },
      );
  if (outputs.length === 0)
    throw new CajalError("bad-model", `${model}: it has no outputs.`, { model: config.name });
  const masks = maskOperations(nodes.values());
  const callNodes = callNodesOf(nodes.values(), masks);
  const takesOff = [...nodes.values()].some((node) => node.layer.layer?.definition.mask?.takesOff);
  const order = kerasOrders(
    outputs.map(({ node }) => callNodes.get(node)!),
    inputs.map((node) => callNodes.get(node)!),
  );
  const inKerasOrder = () => {
    const nodeByCall = new Map([...nodes.values()].map((node) => [callNodes.get(node), node]));
    return order.calls.flatMap((call) => nodeByCall.get(call) ?? []);
  };
  return {
    name: config.name,
    layers: order.layers.flatMap((name) => layers.get(name)?.layer ?? []),
    // Where a call changes what later ones get, they are made in Keras' order.
    nodes: takesOff ? inKerasOrder() : [...nodes.values()],
    inputs,
    outputs,
  };
}

/** What counts in Keras' order: the calls, and the operations that their masks are made by. */
function callNodesOf(
  nodes: Iterable<PlanNode>,
  { calls, operations }: PlanMasks,
): ReadonlyMap<PlanNode | MaskOperation, CallNode> {
  const callNodes = new Map<PlanNode | MaskOperation, CallNode & { parents: CallNode[] }>();
  for (const node of nodes) callNodes.set(node, { layer: node.layer.name, parents: [] });
  // No layer has such a name.
  for (const [i, made] of operations.entries())
    callNodes.set(made, { layer: `\0${i}`, parents: [] });
  for (const [made, { parents }] of callNodes) {
    const given = isOperation(made) ? made.args : [...made.inputs, ...(calls.get(made) ?? []), made.attentionMask]; // prettier-ignore
    for (const each of given)
      if (typeof each === "object")
        parents.push(callNodes.get(isOperation(each) ? each : each.node)!);
  }
  return callNodes;
}

function entriesOf(model: string, layers: readonly LayerEntry[]): Map<string, LayerEntry> {
  const entries = new Map<string, LayerEntry>();
  for (const entry of layers) {
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
  return entries;
}

function plannedLayer(
  { surroundings, isTrainable, layers }: Walk,
  entry: LayerEntry,
): PlannedLayer {
  const existing = layers.get(entry.name);
  if (existing) return existing;
  const path = surroundings.path ? `${surroundings.path}/${entry.name}` : entry.name;
  const trainable = isTrainable && entry.config.trainable !== false;
  const shared = {
    path,
    name: entry.name,
    className: entry.class_name,
    trainable,
    inputs: [],
    outputs: [],
    weights: [],
    inbound: [],
  };
  const plan = isModel(entry.class_name)
    ? planOf(readModel(entry).config, { ...surroundings, path, trainable })
    : undefined;
  const layer: NetworkLayer = plan
    ? { ...shared, layers: plan.layers }
    : leafOf(shared, surroundings.registry.read(entry.class_name, entry.name, entry.config), entry);
  const planned = { layer, plan };
  layers.set(entry.name, planned);
  return planned;
}

/** Who wants a call: one whose inputs are looked up, or the model itself. */
const showWanter = (wanter: OpenCall | string) =>
  typeof wanter === "string" ? wanter : `layer "${wanter.entry.name}" (${wanter.entry.class_name})`;

/** The call, if it is known; else it is the next to be looked up. */
function plannedNode(
  walk: Walk,
  [name, index]: readonly [name: string, index: number, ...unknown[]],
  wanter: OpenCall | string,
): PlanNode | undefined {
  const { model, inProgress } = walk;
  const entry = walk.entries.get(name);
  if (!entry) throw unknownInput(model, showWanter(wanter), name, walk.entries.keys());
  const isInput = entry.class_name === inputLayer.className;
  const at = index - (isModel(entry.class_name) ? 1 : 0);
  const key = `${name}/${at}`;
  const node = walk.nodes.get(key);
  if (node) return node;
  if (inProgress.has(key)) throw cycle(model, [...inProgress, key]);
  const inbound = entry.inbound_nodes[at];
  if (isInput ? at !== 0 : !inbound)
    throw new CajalError(
      "bad-model",
      `${model}, layer "${name}" (${entry.class_name}): its call ${at} has no input: ${showWanter(wanter)} wants it, and "inbound_nodes" lists ${entry.inbound_nodes.length} calls.`,
      { layer: name, node: at },
    );
  inProgress.add(key);
  const { layer } = plannedLayer(walk, entry).layer;
  const refs: (InboundRef | TensorRef)[] = inbound ? [...inbound] : [];
  const kwargs = inbound?.[0]?.[3];
  // Most calls have inputs alone.
  if (kwargs && Object.keys(kwargs).length > 0) {
    checkArguments(() => `${model}, layer "${name}" (${entry.class_name})`, kwargs, layer);
    maskReferences(kwargs, (ref) => refs.push(ref));
  }
  walk.open.push({ key, call: at, entry, inbound: inbound ?? [], refs, values: [] });
  return undefined;
}

/** The call, with all that it depends on. */
function nodeOf(walk: Walk, ref: readonly [name: string, index: number], wanter: string): PlanNode {
  const { open, inProgress, nodes } = walk;
  let result = plannedNode(walk, ref, wanter);
  for (let current = open.at(-1); current; current = open.at(-1)) {
    const { key, refs, values } = current;
    const next = refs[values.length];
    if (next) {
      const input = plannedNode(walk, next, current);
      if (input) values.push({ node: input, tensor: next[2] });
      continue;
    }
    open.pop();
    inProgress.delete(key);
    result = completed(current, plannedLayer(walk, current.entry));
    nodes.set(key, result);
  }
  return result!;
}

/** A call whose inputs are known. */
function completed({ call, inbound, values }: OpenCall, planned: PlannedLayer): PlanNode {
  const { layer, plan } = planned;
  const kwargs = inbound[0]?.[3];
  if (!kwargs || Object.keys(kwargs).length === 0) return { layer, call, plan, inputs: values };
  const options = optionsOf(layer.layer, kwargs);
  const others = values.slice(inbound.length).values();
  return {
    layer,
    call,
    plan,
    inputs: values.slice(0, inbound.length),
    ...(options && { options }),
    ...masksOf(layer.layer, kwargs, () => others.next().value!),
  };
}

/** A layer that is no model, with what its outputs add to the loss. */
function leafOf(
  shared: Omit<NetworkLayer, "layer" | "layers">,
  layer: InnerLayer,
  { config }: LayerEntry,
): NetworkLayer {
  const regularizer =
    layer.definition.activityRegularizer?.(layer.config) ?? config.activity_regularizer;
  // Its kind was checked when the config was read.
  const activityRegularizer = regularizer as KerasObject | undefined;
  return { ...shared, layer, ...(activityRegularizer ? { activityRegularizer } : {}) };
}

/** How many calls of layers a plan comes to, those of nested models opened. */
export function callsOf({ nodes }: Plan): number {
  let count = 0;
  const counts = new Map<Plan, number>();
  for (const { plan } of nodes) {
    if (plan && !counts.has(plan)) counts.set(plan, callsOf(plan));
    count += plan ? counts.get(plan)! : 1;
  }
  return count;
}

function unknownInput(model: string, title: string, name: string, names: Iterable<string>) {
  const { facts, message } = unknownName("layer", name, names);
  return new CajalError(
    "bad-model",
    `${model}: ${title} takes its input from an ${message}`,
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
