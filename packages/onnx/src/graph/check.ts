// Checks a model: that its values are defined once and before they are used (SSA), that its nodes
// are what their operators allow, that types and shapes fit, and that what it states of itself is so.
import { CajalError, isCajalError } from "@cajal/core";
import { isStatic, show, type Dims } from "../model/dims";
import { typeOf } from "./checkNode";
import {
  inferNode,
  inferredOf,
  nameOf,
  statedTypesIn,
  isExtent,
  type InferredValue,
  type Scope,
  type Stated,
} from "./infer";
import type { Graph, Node, OnnxModel, ValueInfo } from "../model/model";
import { inlineCalls } from "./inlineCalls";
import { operator } from "../operators";
import { topologicalOrder, usedNames } from "../model/topologicalOrder";

export interface Problem {
  /** What is wrong, with the node or value it is wrong at. */
  readonly message: string;
  readonly node?: string;
  readonly op?: string;
}

/**
 * Checks a model.
 *
 * @throws CajalError `bad-model`: the message has all problems, a line each, and `facts.problems` lists them
 */
export function checkModel(model: OnnxModel): void {
  const problems = problemsOf(model);
  if (problems.length === 0) return;
  const count = problems.length === 1 ? "a problem" : `${problems.length} problems`;
  throw new CajalError(
    "bad-model",
    `the model has ${count}:\n${problems.map(({ message }) => message).join("\n")}`,
    { problems },
  );
}

/** All that {@link checkModel} finds wrong; empty for a model that is well formed. */
export function problemsOf(withFunctions: OnnxModel): readonly Problem[] {
  const problems: Problem[] = [];
  let model: OnnxModel;
  try {
    model = inlineCalls(withFunctions);
  } catch (cause) {
    if (!isCajalError(cause)) throw cause;
    return [{ message: cause.message }];
  }
  const opset = model.opsets[""];
  if (Object.keys(model.opsets).length === 0) problems.push({ message: "no opset is imported." });
  for (const [domain, nodes] of byDomain(model.graph))
    if (!Object.hasOwn(model.opsets, domain))
      problems.push(
        at(
          nodes[0]!,
          `operators of domain ${JSON.stringify(domain)} are used, whose opset is not imported.`,
        ),
      );
  if (model.graph.outputs.length === 0) problems.push({ message: "the graph has no outputs." });
  checkNames(model.graph, problems);
  checkGraph(model.graph, new Map(), { find: () => undefined }, opset ?? 18, problems);
  return problems;
}

const at = (node: Node, message: string): Problem => ({
  message: `${nameOf(node)}: ${message}`,
  node: node.name,
  op: node.op,
});

/** Nodes of a graph and those inside it, by domain. */
function byDomain(graph: Graph, nodesOf = new Map<string, Node[]>()): Map<string, Node[]> {
  for (const node of graph.nodes) {
    const list = nodesOf.get(node.domain);
    if (list) list.push(node);
    else nodesOf.set(node.domain, [node]);
    for (const attribute of Object.values(node.attributes))
      if (attribute.type === "graph") byDomain(attribute.value, nodesOf);
  }
  return nodesOf;
}

/** Node names, where they are given, belong to one node each. */
function checkNames(graph: Graph, problems: Problem[], names = new Set<string>()): void {
  for (const node of graph.nodes) {
    if (node.name && names.has(node.name))
      problems.push(at(node, "another node has the same name."));
    names.add(node.name);
    for (const attribute of Object.values(node.attributes))
      if (attribute.type === "graph") checkNames(attribute.value, problems, names);
  }
}

/**
 * A graph and those inside it. Values that could not be inferred are `undefined` in `outer` and
 * silence what follows from them, so that each mistake is told once.
 */
function checkGraph(
  graph: Graph,
  outerValues: ReadonlyMap<string, InferredValue | undefined>,
  scope: Scope,
  opset: number,
  problems: Problem[],
): void {
  const values = new Map(outerValues);
  const innerScope: Scope = { find: (name) => values.get(name) ?? scope.find(name) };
  const define = (name: string, value: InferredValue | undefined, where: string) => {
    if (values.has(name))
      problems.push({ message: `${where}: value ${JSON.stringify(name)} is defined twice.` });
    values.set(name, value);
  };
  const inputs = new Map<string, ValueInfo>();
  for (const input of graph.inputs) {
    if (inputs.has(input.name)) {
      problems.push({ message: `graph input ${JSON.stringify(input.name)} is there twice.` });
      continue;
    }
    inputs.set(input.name, input);
    if (input.name === "") problems.push({ message: "a graph input has no name." });
    const isValid = checkExtents(input, "graph input", problems);
    define(input.name, isValid && input.dtype !== "undefined" ? input : undefined, "graph input");
  }
  for (const [name, tensor] of graph.initializers) {
    if (name === "") problems.push({ message: "an initializer has no name." });
    const input = inputs.get(name);
    if (input) checkStated(input, inferredOf(tensor), `initializer`, problems);
    if (input) values.set(name, inferredOf(tensor));
    else define(name, inferredOf(tensor), "initializer");
  }

  const stated = statedTypesIn(graph);
  const order = inOrder(graph, values, problems);
  for (const node of order) {
    const skippedBranch = operator(node.op, node.domain)?.skips?.(
      node.inputs.map((name) => values.get(name)),
    );
    for (const [name, attribute] of Object.entries(node.attributes))
      if (attribute.type === "graph" && name !== skippedBranch)
        checkGraph(attribute.value, values, innerScope, opset, problems);
    const inferred = inferOutputs(node, values, innerScope, opset, stated, problems);
    node.outputs.forEach((name, i) => {
      if (name === "") return;
      const value = inferred?.[i];
      const statedType = stated(name);
      if (value && statedType) checkStated(statedType, value, nameOf(node), problems);
      define(name, value ?? statedType, nameOf(node));
    });
  }
  for (const output of [...graph.outputs, ...graph.values.values()])
    checkExtents(output, "value", problems);
  const outputs = new Set<string>();
  for (const { name } of graph.outputs) {
    if (!values.has(name))
      problems.push({ message: `graph output ${JSON.stringify(name)} is defined nowhere.` });
    if (outputs.has(name))
      problems.push({ message: `graph output ${JSON.stringify(name)} is there twice.` });
    outputs.add(name);
  }
}

/** The nodes in an order in which they can run; problems where the file's is not one. */
function inOrder(
  graph: Graph,
  outerValues: ReadonlyMap<string, unknown>,
  problems: Problem[],
): readonly Node[] {
  const producer = new Map<string, Node>();
  for (const node of graph.nodes) for (const name of node.outputs) producer.set(name, node);
  const defined = new Set(outerValues.keys());
  let sorted = true;
  for (const node of graph.nodes) {
    for (const name of new Set(usedNames(node)))
      if (!defined.has(name)) {
        const laterProducer = producer.get(name);
        if (laterProducer) sorted = false;
        problems.push(
          at(
            node,
            `uses ${JSON.stringify(name)}, ${laterProducer ? `which ${nameOf(laterProducer)} defines ${laterProducer === node ? "itself" : "only later"}` : "which is defined nowhere"}.`,
          ),
        );
      }
    for (const name of node.outputs) defined.add(name);
  }
  if (sorted) return graph.nodes;
  try {
    return topologicalOrder(graph.nodes);
  } catch (cause) {
    if (!isCajalError(cause)) throw cause;
    problems.push({ message: cause.message });
    return graph.nodes;
  }
}

/** Undefined where it cannot be told, for a reason told here or before. */
function inferOutputs(
  node: Node,
  values: ReadonlyMap<string, InferredValue | undefined>,
  scope: Scope,
  opset: number,
  stated: Stated,
  problems: Problem[],
): readonly InferredValue[] | undefined {
  const blind = usedNames(node).some((name) => !values.get(name));
  if (blind && operator(node.op, node.domain)) return undefined;
  try {
    return inferNode(
      node,
      node.inputs.map((name) => (name === "" ? undefined : values.get(name))),
      opset,
      scope,
      stated,
    );
  } catch (cause) {
    if (!isCajalError(cause)) throw cause;
    problems.push({ message: cause.message, node: node.name, op: node.op });
    return undefined;
  }
}

/** What the file states of a value against what follows from its nodes. */
function checkStated(
  stated: ValueInfo,
  is: InferredValue,
  where: string,
  problems: Problem[],
): void {
  const value = `${where}, value ${JSON.stringify(stated.name)}`;
  if (typeOf(stated) !== typeOf(is))
    problems.push({ message: `${value} is stated as ${typeOf(stated)} and is ${typeOf(is)}.` });
  if (contradict(stated.shape, is.shape))
    problems.push({
      message: `${value} is stated as ${show(stated.shape)} and is ${show(is.shape)}.`,
    });
}

/** Whether extents are whole numbers of at least 0, names, or unknown. */
function checkExtents(value: ValueInfo, where: string, problems: Problem[]): boolean {
  const isValid = !value.shape?.some((extent) => typeof extent === "number" && !isExtent(extent));
  if (!isValid)
    problems.push({
      message: `${where} ${JSON.stringify(value.name)}: shape ${show(value.shape)}, expected extents of at least 0.`,
    });
  return isValid;
}

function contradict(a: Dims, b: Dims): boolean {
  if (!a || !b) return false;
  if (a.length !== b.length) return true;
  return a.some((extent, i) => isStatic([extent, b[i]]) && extent !== b[i]);
}
