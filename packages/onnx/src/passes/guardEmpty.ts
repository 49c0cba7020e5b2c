// Guards before operators whose kernels in ONNX Runtime (1.30) end the process at an empty tensor, where data
// decide whether it is empty (NonZero, Compress, NonMaxSuppression, Slice of computed limits …): a Reshape
// that gives a tensor its own shape, every 0 of it taken for 1, is that tensor; of an empty one it is an
// error that ends the run alone.
import { isStatic } from "../model/dims";
import { checkStructure } from "../model/checkStructure";
import type { Attribute, Dim, Graph, Node, OnnxModel, ValueInfo } from "../model/model";
import { failingWithoutRows } from "../graph/emptyTensors";
import { inferShapes } from "../graph/inferShapes";
import { operator } from "../operators";

export interface Guarded {
  readonly model: OnnxModel;
  /** Name of each guard, as ONNX Runtime's message has it → the node that it stands before. */
  readonly guards: ReadonlyMap<string, Node>;
}

/**
 * The model with guards where they are needed; the model itself where none is.
 *
 * Extents that inputs bring with them count as known: they can be looked at before a run.
 */
export function guardEmpty(model: OnnxModel): Guarded {
  checkStructure(model, "guardEmpty");
  const guards = new Map<string, Node>();
  const taken = new Set(namesIn(model.graph));
  const graph = guarded(model.graph, inferShapes(model), { guards, taken });
  return guards.size === 0 ? { model, guards } : { model: { ...model, graph }, guards };
}

interface Names {
  readonly guards: Map<string, Node>;
  readonly taken: Set<string>;
}

/** @param values what is known of values; undefined in graphs inside nodes, where nothing is */
function guarded(
  graph: Graph,
  values: ReadonlyMap<string, ValueInfo> | undefined,
  names: Names,
): Graph {
  const inputExtents = new Set(graph.inputs.flatMap(({ shape = [] }) => shape.filter(isName)));
  /** The shape as it might be, undecided extents 0; undefined where nothing of it is undecided. */
  const emptied = (name: string): readonly Dim[] | undefined => {
    if (name === "" || graph.initializers.has(name)) return undefined;
    if (!values) return anyEmpty;
    const shape = values.get(name)?.shape;
    if (!shape) return anyEmpty;
    if (isStatic(shape) || shape.every((extent) => isSettled(extent, inputExtents)))
      return undefined;
    return shape.map((extent) => (isSettled(extent, inputExtents) ? extent : 0));
  };
  const nodes = graph.nodes.flatMap((node): Node[] => {
    const own = withGuardedGraphs(node, names);
    const definition = operator(node.op, node.domain);
    // Where no shape is known, those alone that fail at any.
    if (!values && !failingWithoutRows.includes(node.op)) return [own];
    const added: Node[] = [];
    const inputs = node.inputs.map((name, i) => {
      const shape = emptied(name);
      const alone = node.inputs.map((_, j) => (i === j ? shape : undefined));
      if (!shape || !definition?.failsOnEmpty?.(alone)) return name;
      const guard = fresh(`${node.name || node.outputs[0] || node.op}/not_empty`, names.taken);
      names.guards.set(guard, node);
      added.push(...guardNodes(name, guard));
      return guard;
    });
    return [...added, { ...own, inputs }];
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

function fresh(base: string, taken: Set<string>): string {
  for (let count = 0; ; count++) {
    const name = count === 0 ? base : `${base}_${count}`;
    if (taken.has(name)) continue;
    taken.add(name);
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
