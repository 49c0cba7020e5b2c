// A model without local functions: each call replaced by the function's nodes, as ONNX defines a call
// (https://github.com/onnx/onnx/blob/main/docs/IR.md#functions).
import { checkStructure, checkedModel } from "../model/checkStructure";
import { CajalError } from "@cajal/core";
import type { Attribute, Graph, LocalFunction, Node, OnnxModel, ValueInfo } from "../model/model";

/** Calls within calls may make many nodes of few; a model of more is refused. */
const maxNodes = 1_000_000;

/** Calls within calls, at most: what exporters write nests a few deep. */
const maxDepth = 1_000;

/** The standard's operator set that a node is meant in, where it came from a function of another one. */
const opsets = new WeakMap<Node, number>();

/** The standard's operator set that a node of a model of `opset` is meant in. */
export const opsetOf = (node: Node, opset: number): number => opsets.get(node) ?? opset;

/**
 * The model with the calls of its local functions inlined; the model itself where it has none. Values
 * inside a call are named `CALL/NAME`. What came from a function of another operator set of the standard is
 * meant in that one: {@link opsetOf}.
 *
 * @throws CajalError `bad-model` for a function that calls itself, `unsupported` for one of another
 *   version of another domain than the model's, or calls that make more than 1,000,000 nodes or nest more
 *   than 1,000 deep
 */
export function inlineCalls(model: OnnxModel): OnnxModel {
  checkStructure(model, "model");
  if (!model.functions?.length) return model;
  const functions = new Map(
    model.functions.map((each) => [keyOf(each.domain, each.name, each), each]),
  );
  const imported: Record<string, number> = { ...model.opsets };
  for (const localFunction of functions.values())
    for (const [domain, version] of Object.entries(localFunction.opsets)) {
      if (!Object.hasOwn(imported, domain)) imported[domain] = version;
      else if (domain !== "" && imported[domain] !== version)
        throw new CajalError(
          "unsupported",
          `function "${localFunction.name}" is of opset ${version} of domain ${JSON.stringify(domain)}, the model of ${imported[domain]}; expected equal ones.`,
          { function: localFunction.name, got: version, expected: imported[domain] },
        );
    }
  checkCalls(model.graph, functions);
  const inliner = new Inliner(functions, namesOf(model.graph), imported[""]);
  const { functions: _, ...rest } = model;
  return checkedModel({ ...rest, opsets: imported, graph: inliner.graph(model.graph) });
}

const keyOf = (
  domain: string,
  name: string,
  { overload = "" }: { overload?: string | undefined },
) => JSON.stringify([domain, name, overload]);

/** Refuses calls that have no end, or too many nodes, before any is made: each function is counted once. */
function checkCalls(graph: Graph, functions: ReadonlyMap<string, LocalFunction>): void {
  const sizes = new Map<LocalFunction, number>();
  const calls = new Set<LocalFunction>();
  const sizeOf = (nodes: readonly Node[]): number => {
    let size = nodes.length;
    for (const node of nodes) {
      const callee = functions.get(keyOf(node.domain, node.op, node));
      if (callee) size += sizeOfCall(callee);
      else
        for (const attribute of Object.values(node.attributes))
          if (attribute.type === "graph") size += sizeOf(attribute.value.nodes);
    }
    return size;
  };
  const sizeOfCall = (callee: LocalFunction): number => {
    const knownSize = sizes.get(callee);
    if (knownSize !== undefined) return knownSize;
    if (calls.has(callee))
      throw new CajalError(
        "bad-model",
        `function "${callee.name}" calls itself: ${[...calls, callee].map(({ name }) => name).join(" → ")}.`,
        { function: callee.name },
      );
    if (calls.size === maxDepth)
      throw new CajalError(
        "unsupported",
        `calls of local functions nest more than ${maxDepth} deep, at "${callee.name}".`,
        { function: callee.name },
      );
    calls.add(callee);
    const size = sizeOf(callee.nodes);
    calls.delete(callee);
    sizes.set(callee, size);
    return size;
  };
  if (sizeOf(graph.nodes) > maxNodes) throw tooManyError();
}

const tooManyError = () =>
  new CajalError("unsupported", `calls of local functions make more than ${maxNodes} nodes.`, {});

class Inliner {
  readonly #functions: ReadonlyMap<string, LocalFunction>;
  readonly #taken: Set<string>;
  readonly #opset: number | undefined;
  #count = 0;

  constructor(
    functions: ReadonlyMap<string, LocalFunction>,
    takenNames: Set<string>,
    opset: number | undefined,
  ) {
    this.#opset = opset;
    this.#functions = functions;
    this.#taken = takenNames;
  }

  graph(graph: Graph): Graph {
    const values = new Map(graph.values);
    return {
      ...graph,
      nodes: graph.nodes.flatMap((node) => this.#node(node, values)),
      values,
    };
  }

  #node(node: Node, values: Map<string, ValueInfo>): readonly Node[] {
    // Graphs among the attributes of calls are counted only here.
    if (++this.#count > maxNodes) throw tooManyError();
    const callee = this.#functions.get(keyOf(node.domain, node.op, node));
    if (!callee) {
      const attributes = mapAttributes(node.attributes, (attribute) =>
        attribute.type === "graph"
          ? { type: "graph", value: this.graph(attribute.value) }
          : attribute,
      );
      return [inOpsetOf(node, { ...node, attributes })];
    }
    const { nodes, names } = this.#body(node, callee);
    for (const [formalName, name] of names) {
      const statedType = callee.values.get(formalName);
      if (statedType && name && !values.has(name)) values.set(name, { ...statedType, name });
    }
    return nodes.flatMap((each) => this.#node(each, values));
  }

  /** The function's nodes under the names of the call. */
  #body(call: Node, callee: LocalFunction) {
    const where = call.name || call.outputs.find((name) => name) || callee.name;
    if (call.inputs.length > callee.inputs.length || call.outputs.length > callee.outputs.length)
      throw new CajalError(
        "bad-model",
        `node "${where}" (${call.op}): got ${call.inputs.length} inputs and ${call.outputs.length} outputs; the function has ${callee.inputs.length} and ${callee.outputs.length}.`,
        { node: call.name, op: call.op },
      );
    for (const name of callee.attributes)
      if (!Object.hasOwn(call.attributes, name))
        throw new CajalError(
          "bad-model",
          `node "${where}" (${call.op}): attribute "${name}" is missing.`,
          {
            node: call.name,
            op: call.op,
          },
        );
    const scope = this.#fresh(where);
    const names = new Map<string, string>([["", ""]]);
    callee.inputs.forEach((name, i) => names.set(name, call.inputs[i] ?? ""));
    const copies: Node[] = [];
    const outputs = new Map<string, string>();
    callee.outputs.forEach((name, i) => {
      const outputName = call.outputs[i] ?? "";
      if (outputName === "") return;
      // An output that is an input of the function, or an output twice, is a copy.
      if (names.has(name) || outputs.has(name)) {
        const from = outputs.get(name) ?? names.get(name)!;
        copies.push({ ...emptyNode, op: "Identity", inputs: [from], outputs: [outputName] });
      } else outputs.set(name, outputName);
    });
    for (const [name, outputName] of outputs) names.set(name, outputName);
    const newName = (name: string) => {
      const renaming = names.get(name);
      if (renaming !== undefined) return renaming;
      const unique = this.#fresh(`${scope}/${name}`);
      names.set(name, unique);
      return unique;
    };
    const attributes = { ...callee.defaults, ...call.attributes };
    const calleeOpset = callee.opsets[""];
    const opset = calleeOpset === this.#opset ? undefined : calleeOpset;
    const nodes = callee.nodes.map((node) => copied(node, { newName, attributes, scope, opset }));
    return { nodes: [...nodes, ...copies], names };
  }

  #fresh(base: string): string {
    let name = base;
    for (let i = 1; this.#taken.has(name); i++) name = `${base}_${i}`;
    this.#taken.add(name);
    return name;
  }
}

const emptyNode = { domain: "", name: "", attributes: {} };

/** What a copy of a function's body goes by. */
interface Copy {
  readonly newName: (name: string) => string;
  /** The function's attributes, as the call gives them. */
  readonly attributes: Readonly<Record<string, Attribute>>;
  readonly scope: string;
  /** The function's operator set, where it is another one than the model's. */
  readonly opset: number | undefined;
}

/** Says of `node` that it is meant in the operator set of `from`. */
function inOpsetOf(from: Node, node: Node): Node {
  const opset = opsets.get(from);
  if (opset !== undefined) opsets.set(node, opset);
  return node;
}

function copied(node: Node, copy: Copy): Node {
  const { newName, attributes, scope, opset } = copy;
  const inlined: Node = {
    ...node,
    name: node.name && `${scope}/${node.name}`,
    inputs: node.inputs.map(newName),
    outputs: node.outputs.map(newName),
    attributes: mapAttributes(node.attributes, (attribute) => {
      if (attribute.type === "graph")
        return { type: "graph", value: copiedGraph(attribute.value, copy) };
      if (attribute.type !== "reference") return attribute;
      // Left out where the call leaves it out and there is no default.
      return Object.hasOwn(attributes, attribute.value) ? attributes[attribute.value] : undefined;
    }),
  };
  if (opset === undefined) return inOpsetOf(node, inlined);
  opsets.set(inlined, opset);
  return inlined;
}

/** Nodes of a graph under other names, for a place outside it. */
export const renamedNodes = (
  nodes: readonly Node[],
  scope: string,
  newName: (name: string) => string,
): readonly Node[] =>
  nodes.map((node) => copied(node, { newName, attributes: {}, scope, opset: undefined }));

function copiedGraph(graph: Graph, copy: Copy): Graph {
  const { newName } = copy;
  const info = (value: ValueInfo) => ({ ...value, name: newName(value.name) });
  return {
    ...graph,
    nodes: graph.nodes.map((node) => copied(node, copy)),
    initializers: new Map([...graph.initializers].map(([name, data]) => [newName(name), data])),
    inputs: graph.inputs.map(info),
    outputs: graph.outputs.map(info),
    values: new Map([...graph.values.values()].map(info).map((value) => [value.name, value])),
  };
}

function mapAttributes(
  attributes: Readonly<Record<string, Attribute>>,
  change: (attribute: Attribute) => Attribute | undefined,
): Record<string, Attribute> {
  return Object.fromEntries(
    Object.entries(attributes).flatMap(([name, attribute]) => {
      const newAttribute = change(attribute);
      return newAttribute ? [[name, newAttribute]] : [];
    }),
  );
}

/** All names of values and nodes in a graph and those inside it. */
function namesOf(graph: Graph, names = new Set<string>()): Set<string> {
  for (const name of graph.initializers.keys()) names.add(name);
  for (const { name } of graph.inputs) names.add(name);
  for (const node of graph.nodes) {
    names.add(node.name);
    for (const name of node.outputs) names.add(name);
    for (const attribute of Object.values(node.attributes))
      if (attribute.type === "graph") namesOf(attribute.value, names);
  }
  return names;
}
