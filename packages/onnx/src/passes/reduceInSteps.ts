// Reductions for a device that computes each element of the result in one group of threads, as ONNX Runtime's webgpu
// does: sums of a whole batch over few channels keep little of it busy, and wait for a copy of all that has the axes in
// the right order.
import { sizeOf, tensor, type Tensor } from "@cajal/core";
import { inferShapes } from "../graph/inferShapes";
import { checkStructure } from "../model/checkStructure";
import { isCarried, type Node, type OnnxModel } from "../model/model";
import { operation } from "./operation";

/**
 * The same model, its large ReduceSum, ReduceMean, ReduceMax and ReduceMin in two steps: over the last axes first, where
 * others before them are reduced as well; and what becomes one number as a matrix, row by row.
 *
 * What has an unknown shape, or axes that are no constant, stays as it is.
 */
export function reduceInSteps(model: OnnxModel): OnnxModel {
  checkStructure(model, "reduceInSteps");
  const { graph } = model;
  // Axes are an input of ReduceSum since opset 13, of the others since 18.
  if ((model.opsets[""] ?? 1) < 18 || !graph.nodes.some(isReduction)) return model;
  const shapes = inferShapes(model);
  const initializers = new Map(graph.initializers);
  const constant = (name: string, value: Tensor) => {
    initializers.set(name, value);
    return name;
  };
  const nodes = graph.nodes.flatMap((node) => {
    const x = isReduction(node) ? shapes.get(node.inputs[0]!) : undefined;
    if (x?.dtype !== "float32" || !x.shape?.every((extent) => typeof extent === "number"))
      return [node];
    const axes = axesOf(node, x.shape.length, initializers);
    return (axes && inSteps(node, x.shape as readonly number[], axes, constant)) ?? [node];
  });
  return { ...model, graph: { ...graph, nodes, initializers } };
}

const reductions = new Set(["ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin"]);

const isReduction = ({ op, domain }: Node): boolean => domain === "" && reductions.has(op);

/** In ascending order; undefined where they are not known, or none means none. */
function axesOf(
  { inputs, attributes }: Node,
  rank: number,
  initializers: OnnxModel["graph"]["initializers"],
): readonly number[] | undefined {
  const all = Array.from({ length: rank }, (_, axis) => axis);
  if (attributes["noop_with_empty_axes"]?.value) return undefined;
  if (!inputs[1]) return all;
  const axes = initializers.get(inputs[1]);
  if (!axes || isCarried(axes)) return undefined;
  const listed = [...(axes as Tensor).data].map((axis) => (Number(axis) + rank) % rank);
  return listed.length === 0 ? all : listed.toSorted((a, b) => a - b);
}

/** Elements from which a second step is worth its start. */
const manyElements = 8192;

function inSteps(
  node: Node,
  shape: readonly number[],
  axes: readonly number[],
  constant: (name: string, value: Tensor) => string,
): Node[] | undefined {
  const { op, inputs, outputs, attributes } = node;
  const at = outputs[0]!;
  const x = inputs[0]!;
  const size = sizeOf(shape);
  if (size < manyElements) return undefined;
  const int64s = (name: string, values: readonly number[]) =>
    constant(name, tensor("int64", [values.length], [...values]));
  const step = (from: string, over: readonly number[], keepdims: number, to: string): Node =>
    operation(op, [from, int64s(`${to}/axes`, over)], to, {
      keepdims: { type: "int", value: keepdims },
    });
  const keepdims = Number(attributes["keepdims"]?.value ?? 1);
  if (axes.length === shape.length) {
    const rows = rowsOf(size);
    if (rows === undefined) return undefined;
    const matrix = `${at}/matrix`;
    const line = keepdims ? `${at}/number` : at;
    return [
      operation("Reshape", [x, int64s(`${matrix}/shape`, [rows, size / rows])], matrix),
      step(matrix, [1], 0, `${at}/rows`),
      step(`${at}/rows`, [0], 0, line),
      ...(keepdims
        ? [
            operation(
              "Reshape",
              [
                line,
                int64s(
                  `${at}/shape`,
                  shape.map(() => 1),
                ),
              ],
              at,
            ),
          ]
        : []),
    ];
  }
  // Those at the end, which lie beside each other.
  const first = axes.findIndex((axis, i) => axis === shape.length - axes.length + i);
  if (first <= 0) return undefined;
  const partial = `${at}/partial`;
  const isOfFirstAxis = first === 1 && axes[0] === 0;
  if (!isOfFirstAxis || op === "ReduceMax" || op === "ReduceMin")
    return [step(x, axes.slice(first), 1, partial), step(partial, axes, keepdims, at)];
  // What is left to sum over the first axis is a product with a row of ones, for which nothing is transposed.
  const [count, kept] = [shape[0]!, shape.slice(1, shape.length - (axes.length - 1))];
  const weight = op === "ReduceMean" ? 1 / count : 1;
  const weights = tensor("float32", [1, count], Array<number>(count).fill(weight));
  const result = shape.flatMap((extent, i) => (!axes.includes(i) ? [extent] : keepdims ? [1] : []));
  return [
    step(x, axes.slice(first), 0, partial),
    operation("Reshape", [partial, int64s(`${at}/rows`, [count, sizeOf(kept)])], `${at}/matrix`),
    operation("MatMul", [constant(`${at}/weights`, weights), `${at}/matrix`], `${at}/row`),
    operation("Reshape", [`${at}/row`, int64s(`${at}/shape`, result)], at),
  ];
}

/** The number of rows of a matrix of so many elements that is nearest to a square; undefined where none is near. */
function rowsOf(size: number): number | undefined {
  const root = Math.floor(Math.sqrt(size));
  for (let rows = root; rows >= root / 16; rows--) if (size % rows === 0) return rows;
  return undefined;
}
