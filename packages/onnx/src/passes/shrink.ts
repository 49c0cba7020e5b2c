// Smaller models: weights of convolutions and matrix products as float16 or int8, activations as uint8, with standard
// operators (QuantizeLinear-13, DequantizeLinear-13, Cast): "QDQ", which ONNX Runtime fuses into
// integer kernels. Weights are symmetric with a scale per output channel, activations asymmetric with one each
// (Jacob et al. 2018, arXiv:1712.05877; Wu et al. 2020, arXiv:2004.09602).
import {
  CajalError,
  checkArgument,
  checkOptions,
  optionsOf,
  sizeOf,
  tensor,
  type Tensor,
} from "@cajal/core";
import { checkStructure } from "../model/checkStructure";
import { float16Bits } from "../model/halfPrecision";
import type { Attribute, Graph, Initializer, Node, OnnxModel, ValueInfo } from "../model/model";
import { operatorFacts } from "../operators";
import { upgradeModel } from "../graph/builder";

/** Weights with fewer elements are left unchanged: scales and zero points would outweigh them. */
const minElements = 256;

/** Weights as float16, cast to float32 where they are used: half the size, 11 bits of each number. */
export function float16Weights(model: OnnxModel): OnnxModel {
  return withWeights(model, (name, weight, edit) => {
    const half = tensor("float16", weight.shape, Uint16Array.from(weight.data, toHalf));
    edit.initializers.set(`${name}/half`, half);
    edit.node("Cast", [`${name}/half`], name, { to: { type: "int", value: 1 } });
  });
}

/** Weights as int8 with a scale per output channel: a quarter of the size; activations stay float32. */
export function int8Weights(model: OnnxModel): OnnxModel {
  return withWeights(model, (name, weight, edit, axis) =>
    writeWeight(name, quantizedWeight(weight, axis, 127), axis, edit),
  );
}

/** The smallest and largest element of each value over all the data, by the value's name. */
export type Ranges = ReadonlyMap<string, readonly [least: number, most: number]>;

/**
 * The model with the range of every activation that {@link quantize} needs as further outputs: scalars
 * `NAME/least` and `NAME/most`.
 */
export function withRanges(model: OnnxModel): OnnxModel {
  const current = prepareModel(model, "withRanges");
  const { graph } = current;
  const nodes: Node[] = [];
  const outputs: ValueInfo[] = [];
  for (const value of activations(graph))
    for (const [op, end] of [
      ["ReduceMin", "least"],
      ["ReduceMax", "most"],
    ] as const) {
      const name = `${value}/${end}`;
      const keepdims: Attribute = { type: "int", value: 0 };
      nodes.push({ op, domain: "", name, inputs: [value], outputs: [name], attributes: { keepdims } }); // prettier-ignore
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
 * @throws CajalError `bad-argument` where a range is missing or not a number
 */
export function quantize(
  model: OnnxModel,
  ranges: Ranges,
  options: QuantizeOptions = {},
): OnnxModel {
  checkArgument("quantize", "ranges", ranges, "object");
  checkOptions("quantize", options, quantizeOptions);
  // 255 · 64 · 2 is 32,640; 16 bits go to 32,767.
  const largest = (options.reduceRange ?? true) ? 64 : 127;
  const current = prepareModel(model, "quantize");
  const { graph } = current;
  const activationNames = new Set(activations(graph));
  const scales = new Map<string, number>();
  const readers = new Map<string, number>();
  for (const { inputs } of graph.nodes)
    for (const input of inputs) readers.set(input, (readers.get(input) ?? 0) + 1);
  const edit = editOf(graph);
  // An activation, quantized and back; who reads it reads that.
  const rounded = (value: string): void => {
    const range = ranges.get(value);
    if (!range?.every(Number.isFinite))
      throw new CajalError(
        "bad-argument",
        `quantize: got ${range ? `the range ${range.join(" … ")}` : "no range"} for ${JSON.stringify(value)}, expected two numbers. Run withRanges(model) on data.`,
        { value },
      );
    // 0 is exact: what pads adds nothing.
    const [low, high] = [Math.min(0, range[0]), Math.max(0, range[1])];
    const scale = Math.fround((high - low) / 255 || 1);
    const zero = Math.max(0, Math.min(255, Math.round(-low / scale)));
    scales.set(value, scale);
    edit.initializers.set(`${value}/scale`, tensor("float32", [], [scale]));
    edit.initializers.set(`${value}/zero`, tensor("uint8", [], [zero]));
    const parameters = [`${value}/scale`, `${value}/zero`];
    edit.node("QuantizeLinear", [value, ...parameters], `${value}/quantized`);
    edit.node("DequantizeLinear", [`${value}/quantized`, ...parameters], `${value}/rounded`);
  };
  for (const { name } of graph.inputs) if (activationNames.has(name)) rounded(name);
  for (const node of graph.nodes) {
    const weightPlace = weightOf(node, graph);
    const inputs = node.inputs.map((input) => (scales.has(input) ? `${input}/rounded` : input));
    if (weightPlace) {
      const { weight, name, axis } = weightPlace;
      const quantized = quantizedWeight(weight, axis, largest);
      writeWeight(name, quantized, axis, edit);
      const bias = node.inputs[2];
      const value = bias ? graph.initializers.get(bias) : undefined;
      const scale = scales.get(node.inputs[0]!);
      // A bias has the scale of the products that it is added to.
      if (bias && scale && value?.dtype === "float32" && readers.get(bias) === 1 && value.shape.length === 1 && value.shape[0] === quantized.scales.length) // prettier-ignore
        inputs[2] = writeBias(bias, value as Tensor<"float32">, quantized.scales.map((each) => each * scale), edit); // prettier-ignore
    }
    edit.nodes.push({ ...node, inputs });
    for (const output of node.outputs) if (activationNames.has(output)) rounded(output);
  }
  return edit.model(current);
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
  readonly initializers: Map<string, Initializer>;
  node(op: string, inputs: readonly string[], output: string, attributes?: Node["attributes"]): void; // prettier-ignore
  model(of: OnnxModel): OnnxModel;
}

function editOf(graph: Graph): Edit {
  const nodes: Node[] = [];
  const initializers = new Map(graph.initializers);
  return {
    nodes,
    initializers,
    node: (op, inputs, output, attributes = {}) =>
      void nodes.push({ op, domain: "", name: output, inputs, outputs: [output], attributes }),
    model(of) {
      // Nothing may be an initializer and a node's output.
      const computed = new Set(nodes.flatMap(({ outputs }) => outputs));
      for (const name of computed) initializers.delete(name);
      const inputs = graph.inputs.filter(({ name }) => !computed.has(name));
      return { ...of, graph: { ...graph, nodes, initializers, inputs } };
    },
  };
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

/** q = round(w / scale), scale = max |w| / largest of the channel. */
function quantizedWeight(
  { data, shape }: Tensor<"float32">,
  axis: number,
  largest: number,
): QuantizedWeight {
  const channels = shape[axis]!;
  const innerSize = sizeOf(shape.slice(axis + 1));
  const scales = new Float32Array(channels);
  const channelOf = (i: number) => Math.floor(i / innerSize) % channels;
  for (let i = 0; i < data.length; i++)
    scales[channelOf(i)] = Math.max(scales[channelOf(i)]!, Math.abs(data[i]!) / largest);
  for (let c = 0; c < channels; c++) if (!(scales[c]! > 0)) scales[c] = 1;
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
  if (edit.initializers.has(`${name}/int8`)) return; // shared
  edit.initializers.set(`${name}/int8`, tensor("int8", shape, values));
  edit.initializers.set(`${name}/scale`, tensor("float32", [scales.length], scales));
  edit.initializers.set(`${name}/zero`, tensor("int8", [scales.length]));
  const attributes: Node["attributes"] = { axis: { type: "int", value: axis } };
  edit.node("DequantizeLinear", [`${name}/int8`, `${name}/scale`, `${name}/zero`], name, attributes); // prettier-ignore
}

function writeBias(
  name: string,
  { data }: Tensor<"float32">,
  scales: Float32Array<ArrayBuffer>,
  edit: Edit,
): string {
  // prettier-ignore
  const limit = 2 ** 31 - 1;
  const values = Int32Array.from(data, (b, c) =>
    Math.max(-limit, Math.min(limit, Math.round(b / scales[c]!))),
  );
  edit.initializers.set(`${name}/int32`, tensor("int32", [values.length], values));
  edit.initializers.set(`${name}/scale`, tensor("float32", [scales.length], scales));
  edit.initializers.set(`${name}/zero`, tensor("int32", [scales.length]));
  const attributes: Node["attributes"] = { axis: { type: "int", value: 0 } };
  edit.node("DequantizeLinear", [`${name}/int32`, `${name}/scale`, `${name}/zero`], name, attributes); // prettier-ignore
  return name;
}

/** The bits of the nearest half-precision number; beyond 65,504 the largest. */
const toHalf = (value: number) => float16Bits(Math.max(-65504, Math.min(65504, value)));
