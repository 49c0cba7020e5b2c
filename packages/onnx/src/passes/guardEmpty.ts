// Guards before operators whose kernels in ONNX Runtime (1.30) crash on an empty tensor, where data decide whether it
// is empty (NonZero, Compress, NonMaxSuppression, Slice with computed limits …): a Reshape to the tensor's own shape
// with every 0 replaced by 1 is the identity, but for an empty tensor it is an error that ends only the run.
import { isStatic } from "../model/dims";
import { checkStructure } from "../model/checkStructure";
import type { Attribute, Dim, Graph, Node, OnnxModel, ValueInfo } from "../model/model";
import { failingWithoutRows } from "../graph/emptyTensors";
import { inferShapes } from "../graph/inferShapes";
import { operator } from "../operators";

export interface Guarded {
  readonly model: OnnxModel;
  /** Name of each guard, as in ONNX Runtime's message → the node that it guards. */
  readonly guards: ReadonlyMap<string, Node>;
}

/**
 * The model with guards where they are needed; the model itself where none is.
 *
 * Extents of inputs count as known: they can be checked before a run.
 */
export function guardEmpty(model: OnnxModel): Guarded {
  checkStructure(model, "guardEmpty");
  const guards = new Map<string, Node>();
  const takenNames = new Set(namesIn(model.graph));
  const graph = guarded(model.graph, inferShapes(model), { guards, takenNames });
  return guards.size === 0 ? { model, guards } : { model: { ...model, graph }, guards };
}

interface Names {
  readonly guards: Map<string, Node>;
  readonly takenNames: Set<string>;
}

/** @param values what is known of values; undefined in graphs inside nodes, where nothing is */
function guarded(
  graph: Graph,
  values: ReadonlyMap<string, ValueInfo> | undefined,
  names: Names,
): Graph {
  const inputExtents = new Set(graph.inputs.flatMap(({ shape = [] }) => shape.filter(isName)));
  /** The shape as it might be, undecided extents 0; undefined where nothing of it is undecided. */
  const emptyShapeOf = (name: string): readonly Dim[] | undefined => {
    if (name === "" || graph.initializers.has(name)) return undefined;
    if (!values) return anyEmpty;
    const shape = values.get(name)?.shape;
    if (!shape) return anyEmpty;
    if (isStatic(shape) || shape.every((extent) => isSettled(extent, inputExtents)))
      return undefined;
    return shape.map((extent) => (isSettled(extent, inputExtents) ? extent : 0));
  };
  const nodes = graph.nodes.flatMap((node): Node[] => {
    const nodeWithGraphs = withGuardedGraphs(node, names);
    const definition = operator(node.op, node.domain);
    // Where no shape is known, those alone that fail at any.
    if (!values && !failingWithoutRows.includes(node.op)) return [nodeWithGraphs];
    const newNodes: Node[] = [];
    const inputs = node.inputs.map((name, i) => {
      const shape = emptyShapeOf(name);
      const onlyThisInput = node.inputs.map((_, j) => (i === j ? shape : undefined));
      if (!shape || !definition?.failsOnEmpty?.(onlyThisInput)) return name;
      const guard = fresh(`${node.name || node.outputs[0] || node.op}/not_empty`, names.takenNames);
      names.guards.set(guard, node);
      newNodes.push(...guardNodes(name, guard));
      return guard;
    });
    return [...newNodes, { ...nodeWithGraphs, inputs }];
  });
  return { ...graph, nodes };
}

/** Of a tensor whose shape nothing is known of. */
const anyEmpty: readonly Dim[] = [0, 0, 0, 0];

const isName = (extent: Dim): extent is string => typeof extent === "string";

/** Whether an extent is a number, or follows from those that inputs bring: "batch", "4*batch". */
const isSettled = (extent: Dim, inputExtents: ReadonlySet<string>): boolean =>
  typeof extent === "number" ||
  (isName(extent) &&
    extent.split("*").every((factor) => /^\d+$/.test(factor) || inputExtents.has(factor)));

const withGuardedGraphs = (node: Node, names: Names): Node => ({
  ...node,
  attributes: Object.fromEntries(
    Object.entries(node.attributes).map(([key, attribute]) => [
      key,
      attribute.type === "graph"
        ? { ...attribute, value: guarded(attribute.value, undefined, names) }
        : attribute,
    ]),
  ),
});

/** shape + (shape is 0), in operators that every opset has without constants. */
function guardNodes(value: string, guard: string): Node[] {
  const node = (op: string, inputs: string[], output: string, to?: number): Node => ({
    op,
    domain: "",
    name: output,
    inputs,
    outputs: [output],
    attributes: to === undefined ? {} : ({ to: { type: "int", value: to } } satisfies Record<string, Attribute>), // prettier-ignore
  });
  const [int64, bool] = [7, 9]; // TensorProto.DataType
  const part = (what: string) => `${guard}/${what}`;
  return [
    node("Shape", [value], part("shape")),
    node("Cast", [part("shape")], part("some"), bool),
    node("Not", [part("some")], part("none")),
    node("Cast", [part("none")], part("one"), int64),
    node("Add", [part("shape"), part("one")], part("as_if")),
    node("Reshape", [value, part("as_if")], guard),
  ];
}

function fresh(base: string, takenNames: Set<string>): string {
  for (let count = 0; ; count++) {
    const name = count === 0 ? base : `${base}_${count}`;
    if (takenNames.has(name)) continue;
    takenNames.add(name);
    return name;
  }
}

const namesIn = (graph: Graph): string[] => [
  ...graph.inputs.map(({ name }) => name),
  ...graph.initializers.keys(),
  ...graph.nodes.flatMap(({ name, outputs, attributes }) => [
    name,
    ...outputs,
    ...Object.values(attributes).flatMap((attribute) =>
      attribute.type === "graph" ? namesIn(attribute.value) : [],
    ),
  ]),
];
