// Types and shapes of a node's outputs: finds the operator, checks the node against its definition
// and applies its rule. The builder and the checker both stand on this.
import { CajalError, isCajalError, tensor, unknownName, type Tensor } from "@cajal/core";
import { elementsOf, maxElements, isStatic, show, type Dims } from "../model/dims";
import { isLazy } from "../model/lazyTensor";
import { isDType, type ElementType } from "../model/elementType";
import { isCarried } from "../model/model";
import type {
  Attribute,
  AttributeType,
  Container,
  Graph,
  Initializer,
  Node,
  ValueInfo,
} from "../model/model";
import {
  newestOpset,
  schemaIn,
  schemasOf,
  standardOperators,
  type Formal,
} from "../operators/standard";
import { capturesOf } from "../model/topologicalOrder";
import { opsetOf } from "./inlineCalls";
import { checkBounds, checkChoices, checkDefined, checkStandard, typeOf } from "./checkNode";
import { badShape, type Inferred, type Operator } from "../operators/operator";
import { operator, operators } from "../operators";

/** A value as inference knows it; `constant`: all that it holds. */
export interface InferredValue extends Inferred {
  readonly constant?: Tensor | undefined;
}

/** Value names to what is known of them; a subgraph's scope also finds the values around it. */
export interface Scope {
  find(name: string): InferredValue | undefined;
}

type AttributeValues = { [A in Attribute as A["type"]]: A["value"] };

/** How messages call a node. */
export const nameOf = (node: Node) =>
  node.name
    ? `node "${node.name}" (${node.op})`
    : `node (${node.op}) of output "${node.outputs.find((name) => name) ?? ""}"`;

/** The operator of a node. Throws CajalError `unknown-name`. */
export function definitionOf(node: Pick<Node, "op" | "domain">): Operator {
  const definition = operator(node.op, node.domain);
  if (!definition)
    throw unknownName(
      "operator",
      node.domain ? `${node.domain}.${node.op}` : node.op,
      operators.map((each) => (each.domain ? `${each.domain}.${each.op}` : each.op)),
    );
  return definition;
}

/** What a model states of a value. */
export type Stated = (name: string) => ValueInfo | undefined;

/**
 * Types and shapes of a node's outputs. Of an operator that is not known here (of another domain, or
 * of a newer operator set) they are what the model states.
 *
 * @throws CajalError `bad-model` (arity, attributes, types), `bad-shape` or `unknown-name`; the message
 *   names the node
 */
export function inferNode(
  node: Node,
  inputs: readonly (InferredValue | undefined)[],
  opset: number,
  scope: Scope,
  stated: Stated = () => undefined,
): readonly InferredValue[] {
  try {
    return inferOutputs(node, inputs, opsetOf(node, opset), scope, stated);
  } catch (cause) {
    if (!isCajalError(cause)) throw cause;
    const shapes = inputs.map((input) => (input ? `${typeOf(input)}${show(input.shape)}` : "none"));
    throw new CajalError(
      cause.code,
      `${nameOf(node)}: ${cause.message}${cause.code === "bad-shape" ? ` Inputs: ${shapes.join(", ")}.` : ""}`,
      {
        ...cause.facts,
        node: node.name,
        op: node.op,
        inputs: inputs.map((input) => input && { dtype: input.dtype, shape: input.shape }),
      },
      { cause },
    );
  }
}

function inferOutputs(
  node: Node,
  inputs: readonly (InferredValue | undefined)[],
  opset: number,
  scope: Scope,
  stated: Stated,
): readonly InferredValue[] {
  const missingInput = node.inputs.find((name, i) => name !== "" && !inputs[i]);
  if (missingInput !== undefined)
    throw new CajalError("bad-model", `its input "${missingInput}" is no value of the graph.`, {});
  const definition = operator(node.op, node.domain);
  const schema = node.domain === "" ? schemaIn(node.op, opset) : undefined;
  if (node.domain === "" && opset > newestOpset)
    return statedOutputs(
      node,
      stated,
      `opset ${opset} is not known here (the newest is ${newestOpset})`,
    );
  if (node.domain !== "" && !definition)
    return statedOutputs(node, stated, `operator ${node.domain}.${node.op} is not known here`);
  if (node.domain === "" && !schema) {
    const [first] = schemasOf(node.op);
    if (!first) throw unknownName("operator", node.op, standardOperators());
    throw new CajalError(
      "bad-model",
      `${node.op} exists since opset ${first.since}; the graph is of opset ${opset}.`,
      {},
    );
  }
  if (definition) {
    checkChoices(definition, node);
    checkBounds(definition, node);
  }
  if (!schema) checkDefined(definition!, node, inputs);
  const types = schema && checkStandard(node, schema, inputs, opset);
  const inferred: readonly (Inferred | undefined)[] = definition
    ? definition.infer(contextOf(node, inputs, opset, scope))
    : [];
  return node.outputs.map((name, i): InferredValue => {
    const formal = schema?.outputs[Math.min(i, schema.outputs.length - 1)];
    const output =
      inferred[i] ?? (definition ? undefined : typedOutput(formal!, types!, stated(name)));
    if (!output && name === "") return { dtype: "float32", shape: undefined };
    if (!output)
      throw new CajalError(
        "bad-model",
        definition
          ? `has no output ${i} ("${name}") in this form.`
          : `its rule is not known here, and the model does not state the type of output "${name}" in value_info.`,
        {},
      );
    // Before operator set 9 constants had no integers by the standard; PyTorch wrote them, and ONNX Runtime takes them.
    if (formal && !(definition?.constant && opset < 9) && !formal.types.has(typeOf(output)))
      throw new CajalError(
        "bad-model",
        `output ${i} would be ${typeOf(output)}, expected ${[...formal.types].join(", ")}.`,
        {},
      );
    if (output.shape?.some((extent) => typeof extent === "number" && !isExtent(extent)))
      throw badShape(`output ${i} would be of shape ${show(output.shape)}.`, {
        shape: output.shape,
      });
    const elements =
      output.elements && output.elements.length <= maxElements ? output.elements : undefined;
    return { ...output, elements, constant: i === 0 ? definition?.constant?.(node) : undefined };
  });
}

/** Outputs as the model states them. */
function statedOutputs(node: Node, stated: Stated, why: string): readonly InferredValue[] {
  return node.outputs.map((name): InferredValue => {
    const value = stated(name);
    if (value) return { dtype: value.dtype, shape: value.shape, containers: value.containers };
    if (name === "") return { dtype: "float32", shape: undefined };
    throw new CajalError(
      "unknown-name",
      `${why}, and the model does not state the type of its output "${name}" in value_info.`,
      { node: node.name, op: node.op, domain: node.domain },
    );
  });
}

/** An output of an operator without a rule here: its type may follow from the standard. */
function typedOutput(
  formal: Formal,
  types: ReadonlyMap<string, string>,
  stated: ValueInfo | undefined,
): Inferred | undefined {
  if (stated) return { dtype: stated.dtype, shape: stated.shape, containers: stated.containers };
  const [onlyType, ...otherTypes] = formal.types;
  const type = types.get(formal.variable) ?? (otherTypes.length === 0 ? onlyType : undefined);
  if (!type) return undefined;
  const parts = type.replaceAll(")", "").split(/\((?!.*\bmap$)/);
  const containers = parts.slice(0, -1) as Container[];
  return {
    dtype: parts.at(-1) as ElementType,
    shape: undefined,
    ...(containers.length > 0 ? { containers } : {}),
  };
}

/** Whether a number may be an extent. */
export const isExtent = (extent: number) => Number.isSafeInteger(extent) && extent >= 0;

/** What a graph states of its values, outputs among them. */
export function statedTypesIn({ values, outputs }: Pick<Graph, "values" | "outputs">): Stated {
  const byName = new Map(
    outputs.flatMap((output) => (output.dtype === "undefined" ? [] : [[output.name, output]])),
  );
  return (name) => values.get(name) ?? byName.get(name);
}

/** A constant as inference knows it. */
export function inferredOf(tensor: Initializer): InferredValue {
  if (isCarried(tensor)) return { dtype: tensor.dtype, shape: tensor.shape };
  const { dtype, shape } = tensor;
  // Extents and axes, which are read for shapes, are never lazy.
  const elements = isLazy(tensor) ? undefined : elementsOf(dtype, tensor.data);
  return { dtype, shape, elements, constant: tensor };
}

/** All that a value holds, where it is known. */
export function constantIn({
  constant,
  dtype,
  shape,
  elements,
}: InferredValue): Tensor | undefined {
  if (constant) return constant;
  if (!isStatic(shape) || !isStatic(elements) || !isDType(dtype)) return undefined;
  if (dtype === "int64") return { dtype, shape, data: BigInt64Array.from(elements, int64) };
  return tensor(dtype, shape, elements);
}

/** "To the end" is 2⁶³ − 1, which as a number is one too many. */
const int64 = (value: number) => (value >= 2 ** 63 ? 2n ** 63n - 1n : BigInt(value));

/** What was inferred of graphs inside nodes, by all that it goes by. */
const inferredGraphs = new WeakMap<Graph, Map<string, readonly InferredValue[]>>();

/**
 * Types and shapes of a graph's outputs, given those of its inputs. Each is inferred once for the same inputs
 * and values around it: a loop asks its body again and again, and so does each loop inside.
 */
export function inferGraph(
  graph: Graph,
  inputs: readonly Inferred[],
  opset: number,
  outer: Scope,
): readonly InferredValue[] {
  const captures = capturesOf(graph).map((name) => outer.find(name));
  const key = JSON.stringify([opset, inputs.map(signature), captures.map(signature)]);
  const byKey = inferredGraphs.get(graph) ?? new Map<string, readonly InferredValue[]>();
  inferredGraphs.set(graph, byKey);
  const cached = byKey.get(key);
  if (cached) return cached;
  const outputs = inferBody(graph, inputs, opset, outer);
  byKey.set(key, outputs);
  return outputs;
}

/** A text that is equal for values that no rule can tell apart. */
function signature(value: InferredValue | undefined): unknown {
  if (!value) return null;
  const { dtype, shape, containers, elements, constant } = value;
  // JSON has no undefined in lists, and no NaN: both are told from null.
  const extentsKey = (dims: Dims) =>
    dims?.map((dim) => (typeof dim === "string" ? dim : [String(dim)]));
  return [
    dtype,
    extentsKey(shape),
    containers,
    extentsKey(elements),
    constant ? numberOf(constant) : 0,
  ];
}

const numbered = new WeakMap<object, number>();
let count = 0;

/** A number for each object. */
function numberOf(object: object): number {
  const number = numbered.get(object);
  if (number !== undefined) return number;
  numbered.set(object, ++count);
  return count;
}

function inferBody(
  graph: Graph,
  inputs: readonly Inferred[],
  opset: number,
  outer: Scope,
): readonly InferredValue[] {
  const values = new Map<string, InferredValue>();
  const scope: Scope = { find: (name) => values.get(name) ?? outer.find(name) };
  for (const [name, tensor] of graph.initializers) values.set(name, inferredOf(tensor));
  if (graph.inputs.length !== inputs.length)
    throw new CajalError(
      "bad-model",
      `graph "${graph.name}" has ${graph.inputs.length} inputs, expected ${inputs.length}.`,
      { graph: graph.name },
    );
  graph.inputs.forEach((input, i) => {
    const actual = inputs[i]!;
    values.set(input.name, { ...actual, shape: actual.shape ?? input.shape });
  });
  const find = (name: string) => {
    const value = scope.find(name);
    if (!value)
      throw new CajalError("bad-model", `value "${name}" is used before it is defined.`, {
        value: name,
      });
    return value;
  };
  const stated = statedTypesIn(graph);
  for (const node of graph.nodes) {
    const inferred = inferNode(
      node,
      node.inputs.map((name) => (name === "" ? undefined : find(name))),
      opset,
      scope,
      stated,
    );
    node.outputs.forEach((name, i) => name && values.set(name, inferred[i]!));
  }
  return graph.outputs.map(({ name }) => find(name));
}

/** A node as rules see it. */
export function contextOf(
  node: Node,
  inputs: readonly (InferredValue | undefined)[],
  opset: number,
  scope: Scope,
) {
  const attribute = (name: string) =>
    Object.hasOwn(node.attributes, name) ? node.attributes[name] : undefined;
  const as = <T extends AttributeType>(name: string, type: T) => {
    const entry = attribute(name);
    return entry?.type === type ? (entry.value as AttributeValues[T]) : undefined;
  };
  return {
    inputs,
    outputs: node.outputs.length,
    opset,
    constant: (i: number) => inputs[i]?.constant,
    attribute,
    int: (name: string, defaultValue: number) => as(name, "int") ?? defaultValue,
    float: (name: string, defaultValue: number) => as(name, "float") ?? defaultValue,
    string: (name: string, defaultValue: string) => as(name, "string") ?? defaultValue,
    ints: (name: string) => as(name, "ints"),
    subgraph: (name: string, bodyInputs: readonly Inferred[]) => {
      const graph = as(name, "graph");
      if (!graph)
        throw new CajalError("bad-model", `attribute "${name}" is missing, expected a graph.`, {});
      return inferGraph(graph, bodyInputs, opset, scope);
    },
  };
}
