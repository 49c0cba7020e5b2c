// A model without local functions: each call replaced by the function's nodes, as ONNX defines a call
// (https://github.com/onnx/onnx/blob/main/docs/IR.md#functions).
import { checkStructure, asWellFormed } from "../model/checkStructure";
import { CajalError } from "@cajal/core";
import type { Attribute, Graph, LocalFunction, Node, OnnxModel, ValueInfo } from "../model/model";

/** Calls within calls may make many nodes of few; a model of more is refused. */
const most = 1_000_000;

/** Calls within calls, at most: what exporters write nests a few deep. */
const deepest = 1_000;

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
  return asWellFormed({ ...rest, opsets: imported, graph: inliner.graph(model.graph) });
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
      const called = functions.get(keyOf(node.domain, node.op, node));
      if (called) size += sizeOfCall(called);
      else
        for (const attribute of Object.values(node.attributes))
          if (attribute.type === "graph") size += sizeOf(attribute.value.nodes);
    }
    return size;
  };
  const sizeOfCall = (called: LocalFunction): number => {
    const counted = sizes.get(called);
    if (counted !== undefined) return counted;
    if (calls.has(called))
      throw new CajalError(
        "bad-model",
        `function "${called.name}" calls itself: ${[...calls, called].map(({ name }) => name).join(" → ")}.`,
        { function: called.name },
      );
    if (calls.size === deepest)
      throw new CajalError(
        "unsupported",
        `calls of local functions nest more than ${deepest} deep, at "${called.name}".`,
        { function: called.name },
      );
    calls.add(called);
    const size = sizeOf(called.nodes);
    calls.delete(called);
    sizes.set(called, size);
    return size;
  };
  if (sizeOf(graph.nodes) > most) throw tooMany();
}

const tooMany = () =>
  new CajalError("unsupported", `calls of local functions make more than ${most} nodes.`, {});

class Inliner {
  readonly #functions: ReadonlyMap<string, LocalFunction>;
  readonly #taken: Set<string>;
  readonly #opset: number | undefined;
  #count = 0;

  constructor(
    functions: ReadonlyMap<string, LocalFunction>,
    taken: Set<string>,
    opset: number | undefined,
  ) {
    this.#opset = opset;
    this.#functions = functions;
    this.#taken = taken;
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
    if (++this.#count > most) throw tooMany();
    const called = this.#functions.get(keyOf(node.domain, node.op, node));
    if (!called) {
      const attributes = mapped(node.attributes, (attribute) =>
        attribute.type === "graph"
          ? { type: "graph", value: this.graph(attribute.value) }
          : attribute,
      );
      return [inOpsetOf(node, { ...node, attributes })];
    }
    const { nodes, names } = this.#body(node, called);
    for (const [old, name] of names) {
      const stated = called.values.get(old);
      if (stated && name && !values.has(name)) values.set(name, { ...stated, name });
    }
    return nodes.flatMap((each) => this.#node(each, values));
  }

  /** The function's nodes under the names of the call. */
  #body(call: Node, called: LocalFunction) {
    const where = call.name || call.outputs.find((name) => name) || called.name;
    if (call.inputs.length > called.inputs.length || call.outputs.length > called.outputs.length)
      throw new CajalError(
        "bad-model",
        `node "${where}" (${call.op}): got ${call.inputs.length} inputs and ${call.outputs.length} outputs; the function has ${called.inputs.length} and ${called.outputs.length}.`,
        { node: call.name, op: call.op },
      );
    for (const name of called.attributes)
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
    called.inputs.forEach((name, i) => names.set(name, call.inputs[i] ?? ""));
    const copies: Node[] = [];
    const outputs = new Map<string, string>();
    called.outputs.forEach((name, i) => {
      const wanted = call.outputs[i] ?? "";
      if (wanted === "") return;
      // An output that is an input of the function, or an output twice, is a copy.
      if (names.has(name) || outputs.has(name)) {
        const from = outputs.get(name) ?? names.get(name)!;
        copies.push({ ...bare, op: "Identity", inputs: [from], outputs: [wanted] });
      } else outputs.set(name, wanted);
    });
    for (const [name, wanted] of outputs) names.set(name, wanted);
    const renamed = (name: string) => {
      const renaming = names.get(name);
      if (renaming !== undefined) return renaming;
      const unique = this.#fresh(`${scope}/${name}`);
      names.set(name, unique);
      return unique;
    };
    const attributes = { ...called.defaults, ...call.attributes };
    const own = called.opsets[""];
    const opset = own === this.#opset ? undefined : own;
    const nodes = called.nodes.map((node) => copied(node, { renamed, attributes, scope, opset }));
    return { nodes: [...nodes, ...copies], names };
  }

  #fresh(base: string): string {
    let name = base;
    for (let i = 1; this.#taken.has(name); i++) name = `${base}_${i}`;
    this.#taken.add(name);
    return name;
  }
}

const bare = { domain: "", name: "", attributes: {} };

/** What a copy of a function's body goes by. */
interface Copy {
  readonly renamed: (name: string) => string;
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
  const { renamed, attributes, scope, opset } = copy;
  const inlined: Node = {
    ...node,
    name: node.name && `${scope}/${node.name}`,
    inputs: node.inputs.map(renamed),
    outputs: node.outputs.map(renamed),
    attributes: mapped(node.attributes, (attribute) => {
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
  renamed: (name: string) => string,
): readonly Node[] =>
  nodes.map((node) => copied(node, { renamed, attributes: {}, scope, opset: undefined }));

function copiedGraph(graph: Graph, copy: Copy): Graph {
  const { renamed } = copy;
  const info = (value: ValueInfo) => ({ ...value, name: renamed(value.name) });
  return {
    ...graph,
    nodes: graph.nodes.map((node) => copied(node, copy)),
    initializers: new Map([...graph.initializers].map(([name, data]) => [renamed(name), data])),
    inputs: graph.inputs.map(info),
    outputs: graph.outputs.map(info),
    values: new Map([...graph.values.values()].map(info).map((value) => [value.name, value])),
  };
}

function mapped(
  attributes: Readonly<Record<string, Attribute>>,
  change: (attribute: Attribute) => Attribute | undefined,
): Record<string, Attribute> {
  return Object.fromEntries(
    Object.entries(attributes).flatMap(([name, attribute]) => {
      const changed = change(attribute);
      return changed ? [[name, changed]] : [];
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
