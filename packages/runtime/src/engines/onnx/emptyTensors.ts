// Runs with empty tensors. What a graph gives of them is mostly empty as well, which its shapes tell
// without a run; what must be run is refused where ONNX Runtime's kernels would end the process.
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

export interface EmptyTensors<Source = OnnxModel | Uint8Array> {
  /** What is to be opened: guarded where data decide whether a tensor is empty that must not be. */
  readonly model: Source | OnnxModel;
  /**
   * What a run gives where all of it is empty; undefined where it must be computed.
   *
   * @throws CajalError `unsupported` naming the node, `bad-shape`
   */
  answer(feeds: Readonly<Record<string, Tensor>>): Record<string, Tensor> | undefined;
  /** What a run's error means where a guard ended it. */
  explain(error: unknown): CajalError | undefined;
}

const noGuards: ReadonlyMap<string, Node> = new Map();

/** Initializers up to this many elements are read by shape rules. */
const shapeLike = 64;

/**
 * @param source a graph, or the bytes of a file
 * @throws CajalError `unsupported` naming a node that fails whatever is fed
 */
export function emptyTensors<Source extends OnnxModel | Uint8Array>(
  source: Source,
): EmptyTensors<Source> {
  const suspect = "graph" in source ? mayFailOnEmpty(source) : mayHold(source, failingWithoutRows);
  const lacks = "graph" in source && lacksAnything(source);
  // The bytes of a file take time to read; most are never fed anything empty. They stay the caller's.
  const bytes = "graph" in source ? undefined : new WeakRef(source);
  let model = suspect || "graph" in source ? skeleton(source) : undefined;
  if (model && (suspect || lacks)) refuse(model, valuesOf(model));
  const guarded = suspect && model ? guardEmpty("graph" in source ? source : decodeModel(source)) : undefined; // prettier-ignore
  const guards = guarded?.guards ?? noGuards;
  /** Shapes of inputs with which nothing that fails is reached. */
  const harmless = new Set<string>();

  return {
    model: guarded && guards.size > 0 ? guarded.model : source,
    explain(error) {
      const message = error instanceof Error ? error.message : "";
      // A guard's name alone stands in quotes: Name:'topk/not_empty'.
      const [guard, node] = [...guards].find(([name]) => message.includes(`'${name}'`)) ?? [];
      return node && guard !== undefined ? refusal(node, "that data left empty") : undefined;
    },
    answer(feeds) {
      const empty = Object.values(feeds).some(({ shape }) => shape.includes(0));
      if (!empty && !suspect) return undefined;
      model ??= skeleton(bytes?.deref());
      if (!model)
        throw new CajalError(
          "unsupported",
          "an input is empty, and what this ONNX file does with it cannot be told: ONNX Runtime ends the process at some operators. Leave the run out.",
        );
      const shapes = Object.fromEntries(Object.entries(feeds).map(([name, { shape }]) => [name, shape])); // prettier-ignore
      const key = JSON.stringify(shapes);
      if (harmless.has(key)) return undefined;
      const values = empty ? shapesFor(model, shapes) : valuesOf(model, shapes);
      const outputs = model.graph.outputs.map(({ name }) => values?.get(name));
      if (outputs.every(isEmpty))
        return Object.fromEntries(
          outputs.map(({ name, dtype, shape }) => [name, tensor(computed(dtype), shape)]),
        );
      refuse(model, values);
      if (harmless.size < 1000) harmless.add(key);
      return undefined;
    },
  };
}

const isEmpty = (value: ValueInfo | undefined): value is ValueInfo & { shape: Shape } =>
  value?.shape?.every((extent) => typeof extent === "number") === true &&
  sizeOf(value.shape as Shape) === 0;

/** Values, or undefined where the model's own shapes contradict: that is ONNX Runtime's to say. */
function valuesOf(model: OnnxModel, shapes: Readonly<Record<string, Shape>> = {}) {
  try {
    return shapesFor(model, shapes);
  } catch {
    return undefined;
  }
}

const lacksAnything = ({ graph: { inputs, initializers } }: OnnxModel): boolean =>
  [...inputs, ...initializers.values()].some(({ shape }) => shape?.includes(0));

/** Whether bytes of a file hold the name of one of these operators, as a node would. */
function mayHold(bytes: Uint8Array, names: readonly string[]): boolean {
  const longest = Math.max(...names.map(({ length }) => length));
  const opType = (4 << 3) | 2; // NodeProto.op_type, a string
  for (let at = bytes.indexOf(opType); at >= 0; at = bytes.indexOf(opType, at + 1)) {
    const length = bytes[at + 1]!;
    if (length > longest) continue;
    const name = String.fromCharCode(...bytes.subarray(at + 2, at + 2 + length));
    if (names.includes(name)) return true;
  }
  return false;
}

function refuse(model: OnnxModel, values: ReadonlyMap<string, ValueInfo> | undefined): void {
  const node = values && nodeFailingOnEmpty(model, values);
  if (!node) return;
  const shapes = node.inputs.map((name) => values.get(name)?.shape ?? []);
  throw refusal(node, `of shapes ${JSON.stringify(shapes)}`, { shapes });
}

const refusal = (node: Node, which: string, facts: Readonly<Record<string, unknown>> = {}) =>
  new CajalError(
    "unsupported",
    `node "${nameOf(node)}" (${node.op}): an input is empty, ${which}, and ONNX Runtime does not compute that: it ends the process, never ends or computes wrongly. Feed at least one of each.`,
    { node: nameOf(node), op: node.op, ...facts },
  );

const nameOf = ({ name, outputs }: Node) => name || outputs[0] || "";

/** The model without its weights, which stay the caller's; undefined where the bytes cannot be read. */
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
    if (sizeOf(value.shape) <= shapeLike) small.set(name, value);
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
