// Runs with empty tensors. Their outputs are mostly empty as well, which shape inference tells without a run; a
// run is refused where ONNX Runtime's kernels would abort the process.
import { CajalError, sizeOf, tensor, type Shape, type Tensor } from "@cajal/core";
import {
  computed,
  type Initializer,
  decodeModel,
  failingWithoutRows,
  guardEmpty,
  mayFailOnEmpty,
  nodeFailingOnEmpty,
  shapesFor,
  type Node,
  type OnnxModel,
  type ValueInfo,
} from "@cajal/onnx";
import { containsString } from "./containsString";

export interface EmptyTensors<Source = OnnxModel | Uint8Array> {
  /** The model to open, with guard nodes where the data decide whether a tensor that must not be empty is. */
  readonly model: Source | OnnxModel;
  /**
   * The outputs of a run where all of them are empty; undefined where the model must be run.
   *
   * @throws CajalError `unsupported` naming the node, `bad-shape`
   */
  emptyResult(feeds: Readonly<Record<string, Tensor>>): Record<string, Tensor> | undefined;
  /** The error to throw where a guard node ended a run. */
  explain(error: unknown): CajalError | undefined;
}

const noGuards: ReadonlyMap<string, Node> = new Map();

/** Initializers with up to this many elements are kept, as shape inference may read them. */
const maxShapeElements = 64;

/**
 * @param source a graph, or the bytes of a file
 * @throws CajalError `unsupported` naming a node that fails for any input
 */
export function emptyTensors<Source extends OnnxModel | Uint8Array>(
  source: Source,
): EmptyTensors<Source> {
  const mayFail =
    "graph" in source ? mayFailOnEmpty(source) : containsString(source, failingWithoutRows);
  const hasEmpty = "graph" in source && hasEmptyValue(source);
  // Decoding a file takes time, and most models are never fed empty tensors. The bytes are not kept alive here.
  const bytes = "graph" in source ? undefined : new WeakRef(source);
  let model = mayFail || "graph" in source ? skeleton(source) : undefined;
  if (model && (mayFail || hasEmpty)) throwIfFailing(model, valuesOf(model));
  const guardResult = mayFail && model ? guardEmpty("graph" in source ? source : decodeModel(source)) : undefined; // prettier-ignore
  const guards = guardResult?.guards ?? noGuards;
  /** Input shapes that were checked: no node fails with them. */
  const safeShapes = new Set<string>();

  return {
    model: guardResult && guards.size > 0 ? guardResult.model : source,
    explain(error) {
      const message = error instanceof Error ? error.message : "";
      // Only guards' names appear in quotes: Name:'topk/not_empty'.
      const [guard, node] = [...guards].find(([name]) => message.includes(`'${name}'`)) ?? [];
      return node && guard !== undefined
        ? unsupportedNode(node, "that data left empty")
        : undefined;
    },
    emptyResult(feeds) {
      const hasEmptyFeed = Object.values(feeds).some(({ shape }) => shape.includes(0));
      if (!hasEmptyFeed && !mayFail) return undefined;
      model ??= skeleton(bytes?.deref());
      if (!model)
        throw new CajalError(
          "unsupported",
          "an input is empty, and what this ONNX file does with it cannot be told: ONNX Runtime ends the process at some operators. Leave the run out.",
        );
      const shapes = Object.fromEntries(Object.entries(feeds).map(([name, { shape }]) => [name, shape])); // prettier-ignore
      const key = JSON.stringify(shapes);
      if (safeShapes.has(key)) return undefined;
      const values = hasEmptyFeed ? shapesFor(model, shapes) : valuesOf(model, shapes);
      const outputs = model.graph.outputs.map(({ name }) => values?.get(name));
      if (outputs.every(isEmpty))
        return Object.fromEntries(
          outputs.map(({ name, dtype, shape }) => [name, tensor(computed(dtype), shape)]),
        );
      throwIfFailing(model, values);
      if (safeShapes.size < 1000) safeShapes.add(key);
      return undefined;
    },
  };
}

const isEmpty = (value: ValueInfo | undefined): value is ValueInfo & { shape: Shape } =>
  value?.shape?.every((extent) => typeof extent === "number") === true &&
  sizeOf(value.shape as Shape) === 0;

/** Inferred values; undefined where the model's shapes contradict each other, which ONNX Runtime reports. */
function valuesOf(model: OnnxModel, shapes: Readonly<Record<string, Shape>> = {}) {
  try {
    return shapesFor(model, shapes);
  } catch {
    return undefined;
  }
}

const hasEmptyValue = ({ graph: { inputs, initializers } }: OnnxModel): boolean =>
  [...inputs, ...initializers.values()].some(({ shape }) => shape?.includes(0));

function throwIfFailing(
  model: OnnxModel,
  values: ReadonlyMap<string, ValueInfo> | undefined,
): void {
  const node = values && nodeFailingOnEmpty(model, values);
  if (!node) return;
  const shapes = node.inputs.map((name) => values.get(name)?.shape ?? []);
  throw unsupportedNode(node, `of shapes ${JSON.stringify(shapes)}`, { shapes });
}

const unsupportedNode = (
  node: Node,
  reason: string,
  facts: Readonly<Record<string, unknown>> = {},
) =>
  new CajalError(
    "unsupported",
    `node "${nameOf(node)}" (${node.op}): an input is empty, ${reason}, and ONNX Runtime does not compute that: it ends the process, never ends or computes wrongly. Feed at least one of each.`,
    { node: nameOf(node), op: node.op, ...facts },
  );

const nameOf = ({ name, outputs }: Node) => name || outputs[0] || "";

/** The model with its large weights replaced by inputs, so as not to keep them; undefined where it cannot be decoded. */
function skeleton(source: OnnxModel | Uint8Array | undefined): OnnxModel | undefined {
  if (!source) return undefined;
  let model: OnnxModel;
  try {
    model = "graph" in source ? source : decodeModel(source);
  } catch {
    return undefined;
  }
  const { inputs, initializers } = model.graph;
  const [small, large] = [new Map<string, Initializer>(), [] as ValueInfo[]];
  for (const [name, value] of initializers)
    if (sizeOf(value.shape) <= maxShapeElements) small.set(name, value);
    else large.push({ name, dtype: value.dtype, shape: value.shape });
  return {
    ...model,
    graph: {
      ...model.graph,
      inputs: [...inputs.filter(({ name }) => !initializers.has(name)), ...large],
      initializers: small,
    },
  };
}
