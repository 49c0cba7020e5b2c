// Types and shapes of a node's outputs: finds the operator, checks the node against its definition
// and applies its rule. The builder and the checker both stand on this.
import { CajalError, isCajalError, unknownName, type DType, type Tensor } from "@cajal/core";
import { elementsOf, followed, show } from "../model/dims";
import type { Attribute, AttributeType, Graph, Node } from "../model/model";
import {
  badShape,
  typeGroups,
  type Inferred,
  type Operator,
  type TypeGroup,
} from "../operators/operator";
import { operator, operators } from "../operators";

/** A value as inference knows it; `constant`: all that it holds. */
export interface Known extends Inferred {
  readonly constant?: Tensor | undefined;
}

/** Value names to what is known of them; a subgraph's scope also finds the values around it. */
export interface Scope {
  find(name: string): Known | undefined;
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
      operators.map((known) => (known.domain ? `${known.domain}.${known.op}` : known.op)),
    );
  return definition;
}

/**
 * Types and shapes of a node's outputs.
 *
 * @throws CajalError `bad-model` (arity, attributes, types) or `bad-shape`; the message names the node
 */
export function inferNode(
  node: Node,
  inputs: readonly (Known | undefined)[],
  opset: number,
  scope: Scope,
): readonly Known[] {
  const where = nameOf(node);
  const facts = {
    node: node.name,
    op: node.op,
    inputs: inputs.map((input) => input && { dtype: input.dtype, shape: input.shape }),
  };
  try {
    const definition = definitionOf(node);
    checkNode(definition, node, inputs, opset);
    const inferred = definition.infer(context(node, inputs, opset, scope));
    return node.outputs.map((name, i): Known => {
      const one = inferred[i];
      if (!one)
        throw new CajalError("bad-model", `has no output ${i} ("${name}") in this form.`, {});
      if (one.shape?.some((extent) => typeof extent === "number" && !isExtent(extent)))
        throw badShape(`output ${i} would be of shape ${show(one.shape)}.`, { shape: one.shape });
      const elements = one.elements && one.elements.length <= followed ? one.elements : undefined;
      return { ...one, elements, constant: i === 0 ? constantOf(node) : undefined };
    });
  } catch (cause) {
    if (!isCajalError(cause)) throw cause;
    const shapes = inputs.map((input) => (input ? `${input.dtype}${show(input.shape)}` : "none"));
    throw new CajalError(
      cause.code,
      `${where}: ${cause.message}${cause.code === "bad-shape" ? ` Inputs: ${shapes.join(", ")}.` : ""}`,
      { ...cause.facts, ...facts },
      { cause },
    );
  }
}

const isExtent = (extent: number) => Number.isSafeInteger(extent) && extent >= 0;

/** What a node states of itself: a Constant holds its attribute. */
function constantOf(node: Node): Tensor | undefined {
  const value = node.op === "Constant" && node.domain === "" ? node.attributes.value : undefined;
  return value?.type === "tensor" ? value.value : undefined;
}

/** A tensor as inference knows it. */
export function known(tensor: Tensor): Known {
  const { dtype, shape, data } = tensor;
  return { dtype, shape, elements: elementsOf(dtype, data), constant: tensor };
}

/** Types and shapes of a graph's outputs, given those of its inputs. */
export function inferGraph(
  graph: Graph,
  inputs: readonly Inferred[],
  opset: number,
  outer: Scope,
): readonly Known[] {
  const values = new Map<string, Known>();
  const scope: Scope = { find: (name) => values.get(name) ?? outer.find(name) };
  for (const [name, tensor] of graph.initializers) values.set(name, known(tensor));
  if (graph.inputs.length !== inputs.length)
    throw new CajalError(
      "bad-model",
      `graph "${graph.name}" has ${graph.inputs.length} inputs, expected ${inputs.length}.`,
      { graph: graph.name },
    );
  graph.inputs.forEach((input, i) => {
    const given = inputs[i]!;
    values.set(input.name, { ...given, shape: given.shape ?? input.shape });
  });
  const find = (name: string) => {
    const value = scope.find(name);
    if (!value)
      throw new CajalError("bad-model", `value "${name}" is used before it is defined.`, {
        value: name,
      });
    return value;
  };
  for (const node of graph.nodes) {
    const inferred = inferNode(
      node,
      node.inputs.map((name) => (name === "" ? undefined : find(name))),
      opset,
      scope,
    );
    node.outputs.forEach((name, i) => name && values.set(name, inferred[i]!));
  }
  return graph.outputs.map(({ name }) => find(name));
}

const bad = (message: string) => new CajalError("bad-model", message, {});

/** Arity, attributes and types of a node against its operator. */
function checkNode(
  definition: Operator,
  node: Node,
  inputs: readonly (Known | undefined)[],
  opset: number,
): void {
  const { op, since = 1, until = Infinity } = definition;
  if (!node.domain && opset < since)
    throw bad(`${op} exists since opset ${since}; the graph is of opset ${opset}.`);
  if (!node.domain && opset > until)
    throw bad(`${op} exists up to opset ${until}; the graph is of opset ${opset}.`);
  arity("inputs", node.inputs.length, definition.inputs);
  arity("outputs", node.outputs.length, definition.outputs);
  for (const [name, attribute] of Object.entries(node.attributes)) {
    const type = Object.hasOwn(definition.attributes, name)
      ? definition.attributes[name]
      : undefined;
    if (!type) throw unknownName(`attribute of ${op}`, name, Object.keys(definition.attributes));
    if (attribute.type !== type)
      throw bad(`attribute "${name}" is of type ${attribute.type}, expected ${type}.`);
  }
  for (const name of definition.required ?? [])
    if (!node.attributes[name]) throw bad(`attribute "${name}" is missing.`);
  const bound = new Map<string, { dtype: DType; i: number }>();
  inputs.forEach((input, i) => {
    const rule = definition.types[Math.min(i, definition.types.length - 1)];
    if (!input || !rule) return;
    const group = rule.split(":")[0] as TypeGroup;
    const allowed: readonly DType[] = typeGroups[group];
    if (!allowed.includes(input.dtype))
      throw bad(`input ${i} is ${input.dtype}, expected ${allowed.join(", ")}.`);
    if (rule === "any:*") return; // each of its own type
    const other = bound.get(rule);
    if (other && other.dtype !== input.dtype)
      throw bad(
        `input ${other.i} is ${other.dtype} and input ${i} is ${input.dtype}, expected equal types.`,
      );
    bound.set(rule, { dtype: input.dtype, i });
  });

  function arity(what: string, got: number, [least, most]: readonly [number, number]): void {
    if (got >= least && got <= most) return;
    const expected =
      least === most ? `${least}` : most === Infinity ? `at least ${least}` : `${least} to ${most}`;
    throw bad(`got ${got} ${what}, expected ${expected}.`);
  }
}

function context(node: Node, inputs: readonly (Known | undefined)[], opset: number, scope: Scope) {
  const attribute = (name: string) => node.attributes[name];
  const as = <T extends AttributeType>(name: string, type: T) => {
    const found = attribute(name);
    return found?.type === type ? (found.value as AttributeValues[T]) : undefined;
  };
  return {
    inputs,
    outputs: node.outputs.length,
    opset,
    constant: (i: number) => inputs[i]?.constant,
    attribute,
    int: (name: string, absent: number) => as(name, "int") ?? absent,
    float: (name: string, absent: number) => as(name, "float") ?? absent,
    string: (name: string, absent: string) => as(name, "string") ?? absent,
    ints: (name: string) => as(name, "ints"),
    subgraph: (name: string, given: readonly Inferred[]) => {
      const graph = as(name, "graph");
      if (!graph)
        throw new CajalError("bad-model", `attribute "${name}" is missing, expected a graph.`, {});
      return inferGraph(graph, given, opset, scope);
    },
  };
}
