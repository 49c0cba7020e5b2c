// Operators that ONNX Runtime's webgpu (1.30) does not have, written out in those that it has. It would compute them on
// the CPU, for which their inputs come back one by one, each after all that the device has to do: a millisecond each
// on an H100, and the sum by which a training step is found finite has hundreds.
import { sizeOf, tensor, type Tensor } from "@cajal/core";
import { checkStructure } from "../model/checkStructure";
import { dataTypeOf } from "../model/elementType";
import { inferShapes } from "../graph/inferShapes";
import { isCarried, type Node, type OnnxModel, type ValueInfo } from "../model/model";
import { operation } from "./operation";

/**
 * The same model, its Sum, LogSoftmax (opset 13 and later) and OneHot (of constant depth, 1 on 0) in parts.
 */
export function decomposeUnsupported(model: OnnxModel): OnnxModel {
  checkStructure(model, "decomposeUnsupported");
  const { graph } = model;
  const isPlain = ({ op, domain }: Node) => domain === "" && Object.hasOwn(parts, op);
  if (!graph.nodes.some(isPlain)) return model;
  const initializers = new Map(graph.initializers);
  const producers = new Map(
    graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node])),
  );
  let values: ReadonlyMap<string, ValueInfo> | undefined;
  const context: Context = {
    opset: model.opsets[""] ?? 1,
    constantOf: (name) => {
      const value = initializers.get(name);
      return value && !isCarried(value) ? value : undefined;
    },
    producerOf: (name) => producers.get(name),
    dtypeOf: (name) => (values ??= valuesOf(model)).get(name)?.dtype,
    constant(name, value) {
      initializers.set(name, value);
      return name;
    },
  };
  const nodes = graph.nodes.flatMap((node) =>
    isPlain(node) ? (parts[node.op as keyof typeof parts](node, context) ?? [node]) : [node],
  );
  return { ...model, graph: { ...graph, nodes, initializers } };
}

interface Context {
  readonly opset: number;
  constantOf(name: string): Tensor | undefined;
  producerOf(name: string): Node | undefined;
  /** undefined where shape inference does not tell */
  dtypeOf(name: string): ValueInfo["dtype"] | undefined;
  /** Adds a constant; returns its name. */
  constant(name: string, value: Tensor): string;
}

/** Operator → the nodes that compute what it does; undefined where it has to stay. */
const parts = {
  /** In pairs: half as many sums in a row as operands would be log₂ of them. */
  Sum({ inputs, outputs }: Node): Node[] {
    const out = outputs[0]!;
    if (inputs.length === 1) return [operation("Identity", inputs, out)];
    const nodes: Node[] = [];
    let terms = [...inputs];
    while (terms.length > 1)
      terms = Array.from({ length: Math.ceil(terms.length / 2) }, (_, i) => {
        const [a, b] = [terms[2 * i]!, terms[2 * i + 1]];
        if (b === undefined) return a;
        const name = terms.length === 2 ? out : `${out}/sum_${nodes.length}`;
        nodes.push(operation("Add", [a, b], name));
        return name;
      });
    return nodes;
  },

  /** x − max − log Σ exp (x − max) */
  LogSoftmax(
    { inputs, outputs, attributes }: Node,
    { opset, constant }: Context,
  ): Node[] | undefined {
    if (opset < 13) return undefined;
    const [x, out] = [inputs[0]!, outputs[0]!];
    const axis = Number(attributes["axis"]?.value ?? -1);
    // ReduceSum takes its axes as an input since opset 13, ReduceMax since 18.
    const axes = () => constant(`${out}/axes`, tensor("int64", [1], [axis]));
    const max =
      opset >= 18
        ? operation("ReduceMax", [x, axes()], `${out}/max`)
        : operation("ReduceMax", [x], `${out}/max`, { axes: { type: "ints", value: [axis] } });
    return [
      max,
      operation("Sub", [x, `${out}/max`], `${out}/shifted`),
      operation("Exp", [`${out}/shifted`], `${out}/exp`),
      operation("ReduceSum", [`${out}/exp`, axes()], `${out}/total`),
      operation("Log", [`${out}/total`], `${out}/log`),
      operation("Sub", [`${out}/shifted`, `${out}/log`], out),
    ];
  },

  /** Comparison with the numbers of the places, and, as negative ones count from the end, with these less the depth. */
  OneHot({ inputs, outputs, attributes }: Node, context: Context): Node[] | undefined {
    const { constantOf, constant } = context;
    const [indices, depthName, valuesName] = inputs as [string, string, string];
    const [depth, values] = [constantOf(depthName), constantOf(valuesName)];
    const axis = Number(attributes["axis"]?.value ?? -1);
    if (!depth || sizeOf(depth.shape) !== 1 || values?.dtype !== "float32" || axis !== -1)
      return undefined;
    if (values.data[0] !== 0 || values.data[1] !== 1) return undefined;
    const out = outputs[0]!;
    const count = Number(depth.data[0]);
    const places = (from: number, name: string) =>
      constant(
        `${out}/${name}`,
        tensor(
          "int32",
          [count],
          Array.from({ length: count }, (_, i) => from + i),
        ),
      );
    const asInt32 = int32Of(indices, `${out}/int32`, context);
    if (!asInt32) return undefined;
    const lastAxis = constant(`${out}/last`, tensor("int64", [1], [-1]));
    return [
      ...asInt32,
      operation("Unsqueeze", [`${out}/int32`, lastAxis], `${out}/column`),
      operation("Equal", [`${out}/column`, places(0, "places")], `${out}/equal`),
      operation("Equal", [`${out}/column`, places(-count, "places_from_end")], `${out}/equal_end`),
      operation("Cast", [`${out}/equal`], `${out}/from_start`, toFloat32),
      operation("Cast", [`${out}/equal_end`], `${out}/from_end`, toFloat32),
      operation("Add", [`${out}/from_start`, `${out}/from_end`], out),
    ];
  },
} as const;

/** Types whose numbers all are numbers of int32, or beyond its ends on either side. */
const narrow: readonly unknown[] = ["int32", "int16", "int8", "uint16", "uint8", "bool", "float16"];

/** The ends of what int32 has of others. Places never reach them. */
const bounds = {
  int64: [-(2 ** 31), 2 ** 31 - 1],
  float32: [-(2 ** 31), 2 ** 31 - 128], // the largest one below 2³¹
  float64: [-(2 ** 31), 2 ** 31 - 1],
} as const;

/**
 * Labels as int32, which the device has; those that were made int64 for OneHot, from what they were. A Cast would take
 * 2³² + 1 for 1: in place of what int32 has not, NaN too, stands its lowest number. (ONNX Runtime's Clip of int64 is wrong.)
 */
function int32Of(
  indices: string,
  out: string,
  { opset, constant, producerOf, dtypeOf }: Context,
): Node[] | undefined {
  const producer = producerOf(indices);
  const isWidened =
    producer?.op === "Cast" && producer.attributes["to"]?.value === dataTypeOf("int64");
  const source = isWidened ? producer.inputs[0]! : indices;
  const dtype = dtypeOf(source);
  const cast = (from: string) =>
    operation("Cast", [from], out, { to: { type: "int", value: dataTypeOf("int32") } });
  const isIndex = ["ArgMax", "ArgMin"].includes(producerOf(source)?.op ?? "");
  if (isIndex || narrow.includes(dtype)) return [cast(source)];
  // GreaterOrEqual is there since opset 12.
  if (!dtype || !Object.hasOwn(bounds, dtype) || opset < 12) return undefined;
  const has = dtype as keyof typeof bounds;
  const [least, most] = bounds[has].map((end, i) => constant(`${out}/end_${i}`, tensor(has, [], [end]))) as [string, string]; // prettier-ignore
  return [
    operation("GreaterOrEqual", [source, least], `${out}/above`),
    operation("LessOrEqual", [source, most], `${out}/below`),
    operation("And", [`${out}/above`, `${out}/below`], `${out}/fits`),
    operation("Where", [`${out}/fits`, source, least], `${out}/clipped`),
    cast(`${out}/clipped`),
  ];
}

/** Types of values; none where the model contradicts itself, which ONNX Runtime reports. */
function valuesOf(model: OnnxModel): ReadonlyMap<string, ValueInfo> {
  try {
    return inferShapes(model);
  } catch {
    return new Map();
  }
}

const toFloat32 = { to: { type: "int", value: dataTypeOf("float32") } } as const;
