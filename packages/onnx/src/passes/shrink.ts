// Smaller models: weights of convolutions and matrix products as float16 or int8, activations as uint8, with standard
// operators (QuantizeLinear-13, DequantizeLinear-13, Cast): "QDQ", which ONNX Runtime fuses into
// integer kernels. Weights are symmetric with a scale per output channel, activations asymmetric with one each
// (Jacob et al. 2018, arXiv:1712.05877; Wu et al. 2020, arXiv:2004.09602).
import {
  CajalError,
  checkArgument,
  checkOptions,
  optionsOf,
  showValue,
  sizeOf,
  tensor,
  type Tensor,
} from "@cajal/core";
import { checkStructure } from "../model/checkStructure";
import { float16Bits } from "../model/halfPrecision";
import type { Attribute, Graph, Initializer, Node, OnnxModel, ValueInfo } from "../model/model";
import { operatorFacts } from "../operators";
import { upgradeModel } from "../graph/builder";
import { isReversing, statedOrders } from "./statedOrders";
import { usedNames } from "../model/topologicalOrder";

/** Weights with fewer elements are left unchanged: scales and zero points would outweigh them. */
const minElements = 256;

/** Weights as float16, cast to float32 where they are used: half the size, 11 bits of each number. */
export function float16Weights(model: OnnxModel): OnnxModel {
  return withWeights(model, (name, weight, edit) => {
    const half = tensor("float16", weight.shape, Uint16Array.from(weight.data, toHalf));
    edit.constant("Cast", [edit.stored(`${name}/half`, half)], name, { to: { type: "int", value: 1 } }); // prettier-ignore
  });
}

/**
 * Weights as int8 with a scale per output channel: a quarter of the size; activations stay float32.
 *
 * @throws CajalError `bad-argument` for weights that are not finite
 */
export function int8Weights(model: OnnxModel): OnnxModel {
  return withWeights(model, (name, weight, edit, axis) =>
    writeWeight(name, quantizedWeight(name, weight, axis, 127), axis, edit),
  );
}

/** The smallest and largest element of each value over all the data, by the value's name. */
export type Ranges = ReadonlyMap<string, readonly [least: number, most: number]>;

/**
 * The model with the range of every activation that {@link quantize} needs as further outputs: scalars
 * `NAME/least` and `NAME/most`.
 *
 * @throws CajalError `unsupported` where the model has a value of such a name
 */
export function withRanges(model: OnnxModel): OnnxModel {
  const current = prepareModel(model, "withRanges");
  const { graph } = current;
  const nodes: Node[] = [];
  const outputs: ValueInfo[] = [];
  const values = namesIn(graph);
  const nodeNames = new Set(graph.nodes.map(({ name }) => name));
  for (const value of activations(graph))
    for (const [op, end] of [
      ["ReduceMin", "least"],
      ["ReduceMax", "most"],
    ] as const) {
      const name = `${value}/${end}`;
      if (values.has(name))
        throw new CajalError(
          "unsupported",
          `withRanges: the model has a value ${JSON.stringify(name)}, which is to be the name of the range of ${JSON.stringify(value)}. Rename it.`,
          { value: name },
        );
      const keepdims: Attribute = { type: "int", value: 0 };
      let nodeName = name;
      while (nodeNames.has(nodeName)) nodeName += "'";
      nodes.push({ op, domain: "", name: nodeName, inputs: [value], outputs: [name], attributes: { keepdims } }); // prettier-ignore
      outputs.push({ name, dtype: "float32", shape: [] });
    }
  return {
    ...current,
    graph: { ...graph, nodes: [...graph.nodes, ...nodes], outputs: [...graph.outputs, ...outputs] },
  };
}

export interface QuantizeOptions {
  /**
   * Weights of 7 bits, -64 to 64, default true. Processors without VNNI add products of uint8 and int8 in pairs, in
   * 16 bits: with 8 bits these overflow there, and results are wrong in silence. False where all have VNNI.
   */
  readonly reduceRange?: boolean;
}

/**
 * Static quantization: weights int8, activations uint8 with the scales that `ranges` give, biases int32.
 *
 * @param ranges of the activations, from running {@link withRanges} on data
 * @throws CajalError `bad-argument` where a range is missing or not a number, or a weight not finite
 */
export function quantize(
  model: OnnxModel,
  ranges: Ranges,
  options: QuantizeOptions = {},
): OnnxModel {
  checkArgument("quantize", "ranges", ranges, "object");
  if (typeof ranges.get !== "function")
    throw new CajalError("bad-argument", "quantize: got an object without get as ranges, expected a Map."); // prettier-ignore
  checkOptions("quantize", options, quantizeOptions);
  // 255 · 64 · 2 is 32,640; 16 bits go to 32,767.
  const largest = (options.reduceRange ?? true) ? 64 : 127;
  const current = prepareModel(model, "quantize");
  const { graph } = current;
  const scales = new Map(activations(graph).map((value) => [value, scaleOf(value, ranges)]));
  const edit = editOf(graph);
  const roundedNames = new Map<string, string>();
  // An activation, quantized and back; who reads it reads that.
  const rounded = (value: string): void => {
    const { scale, zero } = scales.get(value)!;
    const parameters = [
      edit.stored(`${value}/scale`, tensor("float32", [], [scale])),
      edit.stored(`${value}/zero`, tensor("uint8", [], [zero])),
    ];
    const [whole, back] = [edit.fresh(`${value}/quantized`), edit.fresh(`${value}/rounded`)];
    roundedNames.set(value, back);
    edit.node("QuantizeLinear", [value, ...parameters], whole);
    edit.node("DequantizeLinear", [whole, ...parameters], back);
  };
  const readers = readersIn(graph);
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  /** A bias that can be quantized, and the scale of what its weight is multiplied with. */
  const biasOf = ({ inputs: [x = "", , name = ""] }: Node, { weight, axis }: Place) => {
    const [value, scale] = [graph.initializers.get(name), scales.get(x)?.scale];
    const isWhole = scale !== undefined && value?.dtype === "float32" && readers.get(name) === 1 && !outputs.has(name) && value.shape.length === 1 && value.shape[0] === weight.shape[axis]; // prettier-ignore
    return isWhole ? { name, value: value as Tensor<"float32">, scale } : undefined;
  };
  // A bias has the scale of the products that it is added to: a channel whose weights are small beside it has a
  // larger one, so that it fits into 32 bits.
  const leastScales = new Map<string, Float64Array>();
  const otherReaders = new Map(readers);
  for (const node of graph.nodes) {
    const place = weightOf(node, graph);
    if (place) otherReaders.set(place.name, otherReaders.get(place.name)! - 1);
    const bias = place && biasOf(node, place);
    if (!bias) continue;
    const least = leastScales.get(keyOf(place)) ?? new Float64Array(bias.value.data.length);
    bias.value.data.forEach((b, c) => (least[c] = Math.max(least[c]!, Math.abs(b) / (bias.scale * 2 ** 30)))); // prettier-ignore
    leastScales.set(keyOf(place), least);
  }
  const weights = new Map<string, { readonly name: string; readonly scales: Float32Array }>();
  for (const { name } of graph.inputs) if (scales.has(name)) rounded(name);
  for (const node of graph.nodes) {
    const place = weightOf(node, graph);
    const inputs = node.inputs.map((input) =>
      isReversing(node) ? input : (roundedNames.get(input) ?? input),
    );
    if (place) {
      const { name, weight, axis } = place;
      const key = keyOf(place);
      if (!weights.has(key)) {
        // ONNX Runtime's kernels take the scales for those of their own output channels, along whichever axis they are,
        // and through a Transpose as well.
        const isOther = outputs.has(name) || otherReaders.get(name) !== 0 || edit.isComputed(name);
        const ownName = isOther ? edit.fresh(`${name}/axis ${axis}`) : name;
        const quantized = quantizedWeight(name, weight, axis, largest, leastScales.get(key));
        writeWeight(ownName, quantized, axis, edit);
        weights.set(key, { name: ownName, scales: quantized.scales });
      }
      const written = weights.get(key)!;
      inputs[1] = written.name;
      const bias = biasOf(node, place);
      if (bias) writeBias(bias.name, bias.value, written.scales.map((each) => each * bias.scale), edit); // prettier-ignore
    }
    edit.nodes.push({ ...node, inputs });
    for (const output of node.outputs) if (scales.has(output)) rounded(output);
  }
  return edit.model(current);
}

/** Weights are quantized once for each axis that output channels are along. */
const keyOf = ({ name, axis }: Place) => `${axis} ${name}`;

function scaleOf(value: string, ranges: Ranges): { readonly scale: number; readonly zero: number } {
  const range: unknown = ranges.get(value);
  if (!isRange(range))
    throw new CajalError(
      "bad-argument",
      `quantize: got ${range === undefined ? "no range" : `the range ${Array.isArray(range) ? range.join(" … ") : showValue(range)}`} for ${JSON.stringify(value)}, expected two numbers, the least first. Run withRanges(model) on data.`,
      { value },
    );
  // 0 is exact: what pads adds nothing.
  const [low, high] = [Math.min(0, range[0]), Math.max(0, range[1])];
  const scale = Math.fround((high - low) / 255 || 1);
  return { scale, zero: Math.max(0, Math.min(255, Math.round(-low / scale))) };
}

const isRange = (range: unknown): range is readonly [number, number] =>
  Array.isArray(range) &&
  range.length === 2 &&
  range.every(Number.isFinite) &&
  range[0] <= range[1];

/** How often each value is read, by nodes and by graphs inside them. */
function readersIn({ nodes }: Graph): ReadonlyMap<string, number> {
  const readers = new Map<string, number>();
  for (const name of nodes.flatMap(usedNames)) readers.set(name, (readers.get(name) ?? 0) + 1);
  return readers;
}

const quantizeOptions = optionsOf<QuantizeOptions>({ reduceRange: "boolean" });

/** Opset 13 has scales per channel. */
function prepareModel(model: OnnxModel, where: string): OnnxModel {
  checkStructure(model, where);
  return (model.opsets[""] ?? 1) < 13 ? upgradeModel(model) : model;
}

/** Inputs of the nodes whose weights are quantized. */
function activations(graph: Graph): string[] {
  const values = graph.nodes
    .filter((node) => weightOf(node, graph))
    .map(({ inputs }) => inputs[0]!)
    .filter((input) => input !== "" && !graph.initializers.has(input));
  return [...new Set(values)];
}

interface Place {
  readonly name: string;
  readonly weight: Tensor<"float32">;
  /** Of the output channels. */
  readonly axis: number;
}

/** A node's constant weight, where its operator multiplies by one. */
function weightOf({ op, domain, inputs, attributes }: Node, graph: Graph): Place | undefined {
  const name = inputs[1];
  const weight = name ? graph.initializers.get(name) : undefined;
  if (!name || weight?.dtype !== "float32" || sizeOf(weight.shape) < minElements) return undefined;
  const axis = operatorFacts(op, domain).weightAxis?.(weight.shape.length, (attribute, absent) =>
    Number(attributes[attribute]?.value ?? absent),
  );
  return axis === undefined ? undefined : { name, weight: weight as Tensor<"float32">, axis };
}

interface Edit {
  readonly nodes: Node[];
  /** A name like this one that no value has. */
  fresh(name: string): string;
  /** Adds an initializer and returns its name. */
  stored(name: string, value: Initializer): string;
  node(op: string, inputs: readonly string[], output: string): void;
  /** Adds a node that computes a constant, before all others. */
  constant(op: string, inputs: readonly string[], output: string, attributes: Node["attributes"]): void; // prettier-ignore
  /** Whether a constant with this name is computed. */
  isComputed(name: string): boolean;
  model(of: OnnxModel): OnnxModel;
}

function editOf(graph: Graph): Edit {
  const constants: Node[] = [];
  const nodes: Node[] = [];
  const initializers = new Map(graph.initializers);
  const names = namesIn(graph);
  const computed = new Set<string>();
  const written = (op: string, inputs: readonly string[], output: string, attributes = {}): Node => ({ op, domain: "", name: output, inputs, outputs: [output], attributes }); // prettier-ignore
  const fresh = (name: string): string => {
    while (names.has(name)) name += "'";
    names.add(name);
    return name;
  };
  return {
    nodes,
    fresh,
    stored(name, value) {
      const freshName = fresh(name);
      initializers.set(freshName, value);
      return freshName;
    },
    node: (op, inputs, output) => void nodes.push(written(op, inputs, output)),
    constant(op, inputs, output, attributes) {
      computed.add(output);
      constants.push(written(op, inputs, output, attributes));
    },
    isComputed: (name) => computed.has(name),
    model(of) {
      // Nothing may be an initializer and a node's output.
      for (const name of computed) initializers.delete(name);
      const inputs = graph.inputs.filter(({ name }) => !computed.has(name));
      return statedOrders({ ...of, graph: { ...graph, nodes: [...constants, ...nodes], initializers, inputs } }); // prettier-ignore
    },
  };
}

/** The names of a graph's values, and of those of graphs inside its nodes. */
function namesIn({ inputs, initializers, nodes }: Graph): Set<string> {
  return new Set([
    ...inputs.map(({ name }) => name),
    ...initializers.keys(),
    ...nodes.flatMap((node) => [
      ...node.inputs,
      ...node.outputs,
      ...Object.values(node.attributes).flatMap((each) => each.type === "graph" ? [...namesIn(each.value)] : []), // prettier-ignore
    ]),
  ]);
}

/** Every weight written in another form, under its own name for who reads it. */
function withWeights(
  model: OnnxModel,
  write: (name: string, weight: Tensor<"float32">, edit: Edit, axis: number) => void,
): OnnxModel {
  const current = prepareModel(model, "shrinking");
  const { graph } = current;
  const edit = editOf(graph);
  const finished = new Set<string>();
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  for (const node of graph.nodes) {
    const weightPlace = weightOf(node, graph);
    if (!weightPlace || finished.has(weightPlace.name) || outputs.has(weightPlace.name)) continue;
    finished.add(weightPlace.name);
    write(weightPlace.name, weightPlace.weight, edit, weightPlace.axis);
  }
  edit.nodes.push(...graph.nodes);
  return edit.model(current);
}

interface QuantizedWeight {
  readonly shape: readonly number[];
  readonly values: Int8Array<ArrayBuffer>;
  readonly scales: Float32Array<ArrayBuffer>;
}

/**
 * q = round(w / scale), scale = max |w| / largest of the channel.
 *
 * @throws CajalError `bad-argument` for NaN and infinite weights: there is no whole number for them
 */
function quantizedWeight(
  name: string,
  { data, shape }: Tensor<"float32">,
  axis: number,
  largest: number,
  leastScales?: Float64Array,
): QuantizedWeight {
  const at = data.findIndex((each) => !Number.isFinite(each));
  if (at >= 0)
    throw new CajalError(
      "bad-argument",
      `quantizing: got ${data[at]} in weight ${JSON.stringify(name)}, at element ${at}, expected finite numbers.`,
      { weight: name, element: at },
    );
  const channels = shape[axis]!;
  const innerSize = sizeOf(shape.slice(axis + 1));
  const scales = new Float32Array(channels);
  const channelOf = (i: number) => Math.floor(i / innerSize) % channels;
  for (let i = 0; i < data.length; i++)
    scales[channelOf(i)] = Math.max(scales[channelOf(i)]!, Math.abs(data[i]!) / largest);
  for (let c = 0; c < channels; c++) {
    scales[c] = Math.max(scales[c]!, leastScales?.[c] ?? 0);
    if (!(scales[c]! > 0)) scales[c] = 1;
  }
  const values = Int8Array.from(data, (w, i) =>
    Math.max(-largest, Math.min(largest, Math.round(w / scales[channelOf(i)]!))),
  );
  return { shape, values, scales };
}

function writeWeight(
  name: string,
  { shape, values, scales }: QuantizedWeight,
  axis: number,
  edit: Edit,
): void {
  const parts = [
    edit.stored(`${name}/int8`, tensor("int8", shape, values)),
    edit.stored(`${name}/scale`, tensor("float32", [scales.length], scales)),
    edit.stored(`${name}/zero`, tensor("int8", [scales.length])),
  ];
  edit.constant("DequantizeLinear", parts, name, { axis: { type: "int", value: axis } });
}

function writeBias(
  name: string,
  { data }: Tensor<"float32">,
  scales: Float32Array<ArrayBuffer>,
  edit: Edit,
): void {
  const limit = 2 ** 31 - 1;
  const values = Int32Array.from(data, (b, c) =>
    Math.max(-limit, Math.min(limit, Math.round(b / scales[c]!))),
  );
  const parts = [
    edit.stored(`${name}/int32`, tensor("int32", [values.length], values)),
    edit.stored(`${name}/scale`, tensor("float32", [scales.length], scales)),
    edit.stored(`${name}/zero`, tensor("int32", [scales.length])),
  ];
  edit.constant("DequantizeLinear", parts, name, { axis: { type: "int", value: 0 } });
}

/** The bits of the nearest half-precision number; of finite numbers beyond 65,504 the largest. */
const toHalf = (value: number) =>
  float16Bits(Number.isFinite(value) ? Math.max(-65504, Math.min(65504, value)) : value);
