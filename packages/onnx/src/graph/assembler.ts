// The mechanics of building a graph: names, values, nodes. Each node is inferred and checked as it
// is added. GraphBuilder, in builder.ts, adds a method for each operator.
import {
  CajalError,
  tensor,
  unknownName,
  type Tensor,
  checkArgument,
  checkInteger,
  checkNumber,
  checkOptions,
  showValue,
} from "@cajal/core";
import { attributeOf, type Attributes } from "../model/attribute";
import { isKnown } from "../model/dims";
import {
  definitionOf,
  inferNode,
  known,
  nameOf,
  statedIn,
  type Known,
  type Scope,
  type Stated,
} from "./infer";
import { computed, isDType, type ElementType } from "../model/elementType";
import type {
  Attribute,
  Container,
  Dim,
  Graph,
  Initializer,
  Node,
  OnnxModel,
  ValueInfo,
} from "../model/model";
import { checkInitializer, madeHere } from "../model/checkStructure";
import { inlineCalls, opsetOf } from "./inlineCalls";
import { topologicalOrder, used } from "../model/topologicalOrder";
import { assembled, inlineSequence, type Sequences } from "./inlineSequences";
import type { Value } from "../operators/method";
import { checkSame, upgrade } from "./upgrade";

export type { Value } from "../operators/method";

/** The operator set that graphs are built for: the first where all reductions take axes as input. */
export const defaultOpset = 18;

export interface AssemblerOptions {
  readonly name?: string;
  readonly opset?: number;
}

/** What a graph and the graphs inside it have in common. */
interface Shared {
  readonly opsets: Map<string, number>;
  readonly counts: Map<string, number>;
  readonly taken: Set<string>;
  /** Whether nodes of several operator sets come together, from a model's functions. */
  mixed: boolean;
}

export class GraphAssembler implements Scope {
  readonly opset: number;
  readonly name: string;
  readonly #nodes: Node[] = [];
  /** Where in `#nodes` the node stands that gives a value. */
  readonly #places = new Map<string, number>();
  readonly #initializers = new Map<string, Initializer>();
  readonly #inputs: ValueInfo[] = [];
  readonly #outputs: ValueInfo[] = [];
  readonly #values = new Map<string, Value>();
  readonly #known = new Map<string, Known>();
  /** Names of the nodes' outputs. */
  readonly #made = new Set<string>();
  /** Those of them that are other names of values, as outputs. */
  readonly #published = new Set<string>();
  /** Small constants by content, so that a graph holds each once. */
  readonly #constants = new Map<string, Value>();
  readonly #outer: GraphAssembler | undefined;
  readonly #shared: Shared;
  #loaded: OnnxModel | undefined;
  #scope = "";

  constructor(options: AssemblerOptions = {}, outer?: GraphAssembler) {
    checkOptions("GraphBuilder", options, ["name", "opset"]);
    const { name = "cajal", opset = defaultOpset } = options;
    checkArgument("GraphBuilder", "name", name, "string");
    checkInteger("GraphBuilder", "opset", opset, { least: 1 });
    this.name = name;
    this.opset = outer?.opset ?? opset;
    this.#outer = outer;
    this.#scope = outer ? outer.#scope : "";
    this.#shared = outer
      ? outer.#shared
      : {
          opsets: new Map([["", opset]]),
          counts: new Map(),
          taken: new Set(),
          mixed: false,
        };
  }

  /** An input of the graph. */
  input(
    name: string,
    dtype: ElementType,
    shape: readonly Dim[] | undefined,
    containers?: readonly Container[],
  ): Value {
    checkArgument("input", "name", name, "string");
    if (shape !== undefined) checkArgument(`input "${name}"`, "shape", shape, "array");
    const value = this.#declare({ name, dtype, shape, ...(containers ? { containers } : {}) });
    this.#inputs.push(value);
    return value;
  }

  /** A named constant of the graph, such as a weight. */
  initializer(name: string, data: Initializer): Value {
    checkArgument("initializer", "name", name, "string");
    checkInitializer(data, `initializer "${name}"`);
    const value = this.#declare({ name, dtype: data.dtype, shape: data.shape }, known(data));
    this.#initializers.set(name, data);
    return value;
  }

  /** A constant without a name of its own; equal small ones are shared. */
  constant(data: Initializer): Value {
    checkInitializer(data, "constant");
    const key =
      data.data.length <= 64 ? `${data.dtype} ${data.shape.join()} ${data.data.join()}` : undefined;
    const found = key === undefined ? undefined : this.#constants.get(key);
    if (found) return found;
    const made = this.initializer(this.freshName("constant"), data);
    if (key !== undefined) this.#constants.set(key, made);
    return made;
  }

  /** A scalar constant. Throws CajalError `unsupported` for types that are only carried, but bfloat16. */
  scalar(dtype: ElementType, value: number): Value {
    if (dtype === "float16") return this.constant(tensor(dtype, [], [float16(value)]));
    if (dtype === "bfloat16") return this.constant({ dtype, shape: [], data: bfloat16(value) });
    return this.constant(tensor(computed(dtype), [], [value]));
  }

  /** A one-dimensional int64 constant: axes, shapes, pads. */
  int64s(values: readonly number[]): Value {
    checkArgument("int64s", "values", values, "array");
    for (const value of values) checkNumber("int64s", "value", value);
    return this.constant(tensor("int64", [values.length], values));
  }

  /** What a value is known to hold: initializers, constants, and shapes computed from known ones. */
  constantOf(value: Value): Tensor | undefined {
    checkValue("constantOf", value);
    const found = this.find(value.name);
    if (!found) return undefined;
    const { constant, dtype, shape, elements } = found;
    if (constant) return constant;
    if (!isKnown(shape) || !isKnown(elements) || !isDType(dtype)) return undefined;
    if (dtype === "int64") return { dtype, shape, data: BigInt64Array.from(elements, int64) };
    return tensor(dtype, shape, elements);
  }

  /**
   * What a small tensor holds, as far as known: numbers, names of free axes, undefined where
   * unknown. `g.elementsOf(g.shape(x))` for x of [batch, 3] is `["batch", 3]`.
   */
  elementsOf(value: Value): readonly Dim[] | undefined {
    checkValue("elementsOf", value);
    return this.find(value.name)?.elements;
  }

  /** The value of that name. Throws CajalError `unknown-name`. */
  value(name: string): Value {
    const value = this.#lookup(name);
    if (!value) throw unknownName("value of the graph", name, this.#values.keys());
    return value;
  }

  /** What is known of the value of that name, here or in the graph around. */
  find(name: string): Known | undefined {
    return this.#known.get(name) ?? this.#outer?.find(name);
  }

  /** The nodes so far, in the order in which they run. */
  get nodes(): readonly Node[] {
    return this.#nodes;
  }

  /** The graph's inputs and outputs so far. */
  get inputs(): readonly ValueInfo[] {
    return this.#inputs;
  }

  get outputs(): readonly ValueInfo[] {
    return this.#outputs;
  }

  /** Names the nodes that `body` adds `scope/…`. */
  within<T>(scope: string, body: () => T): T {
    checkArgument("within", "body", body, "function");
    const outer = this.#scope;
    this.#scope = outer ? `${outer}/${scope}` : scope;
    try {
      return body();
    } finally {
      this.#scope = outer;
    }
  }

  /** Adds a node with one output. */
  op(
    op: string,
    inputs: readonly (Value | undefined)[],
    attributes: Attributes = {},
    domain = "",
  ): Value {
    return this.ops(op, inputs, attributes, { outputs: 1, domain })[0]!;
  }

  /**
   * Adds a node with several outputs.
   *
   * @throws CajalError `unknown-name` (operator, attribute), `bad-model` (arity, types), `bad-shape`;
   *   messages name the node
   */
  ops(
    op: string,
    inputs: readonly (Value | undefined)[],
    attributes: Attributes = {},
    { outputs, domain = "" }: { outputs: number; domain?: string },
  ): Value[] {
    const definition = definitionOf({ op, domain });
    checkArgument(op, "inputs", inputs, "array");
    checkArgument(op, "attributes", attributes, "object");
    for (const input of inputs) if (input !== undefined) checkValue(op, input);
    const name = this.freshName(op);
    const typed: Record<string, Attribute> = {};
    for (const [key, value] of Object.entries(attributes)) {
      if (value === undefined) continue;
      const type = Object.hasOwn(definition.attributes, key)
        ? definition.attributes[key]
        : undefined;
      if (!type) throw unknownName(`attribute of ${op}`, key, Object.keys(definition.attributes));
      typed[key] = attributeOf(type, value, `node "${name}", attribute "${key}"`);
    }
    // Optional inputs left out at the end are not written.
    const given = [...inputs];
    while (given.length > 0 && given.at(-1) === undefined) given.pop();
    return this.append({
      op,
      domain,
      name,
      inputs: given.map((value) => value?.name ?? ""),
      outputs: Array.from({ length: outputs }, (_, i) => (i === 0 ? name : `${name}:${i}`)),
      attributes: typed,
    });
  }

  /** Adds a node as it is, with its names; its outputs, "" left out as undefined names. */
  append(node: Node, stated?: Stated): Value[] {
    checkArgument("append", "node", node, "object");
    checkArgument("append", "node.inputs", node.inputs, "strings");
    checkArgument("append", "node.outputs", node.outputs, "strings");
    checkArgument("append", "node.attributes", node.attributes, "object");
    const inputs = node.inputs.map((name) => {
      if (name === "") return undefined;
      const found = this.find(name);
      if (!found) throw unknownName("value of the graph", name, this.#values.keys());
      return found;
    });
    const inferred = inferNode(node, inputs, this.opset, this, stated);
    return this.#add(node, inferred);
  }

  /** Output `i` of a node of this graph, declared now where the node had left it out. */
  outputOf(node: Node, i: number): Value {
    checkArgument("outputOf", "node", node, "object");
    checkArgument("outputOf", "node.outputs", node.outputs, "strings");
    checkInteger("outputOf", "i", i, { least: 0 });
    const name = node.outputs.find((output) => output !== "");
    const at = this.#places.get(name ?? "") ?? -1;
    const current = this.#nodes[at];
    if (!current || !name)
      throw new CajalError("bad-argument", `${nameOf(node)} is not in the graph.`, {
        node: node.name,
      });
    const found = current.outputs[i];
    if (found) return this.value(found);
    const outputs = Array.from({ length: Math.max(i + 1, current.outputs.length) }, (_, j) =>
      j === i ? this.freshName(`${name}:${i}`) : (current.outputs[j] ?? ""),
    );
    const extended = { ...current, outputs };
    const inputs = current.inputs.map((input) => (input === "" ? undefined : this.find(input)));
    const inferred = inferNode(extended, inputs, this.opset, this)[i]!;
    this.#nodes[at] = extended;
    this.#places.set(outputs[i]!, at);
    this.#made.add(outputs[i]!);
    return this.#declare(
      { name: outputs[i]!, dtype: inferred.dtype, shape: inferred.shape },
      inferred,
    );
  }

  /** Declares `value` an output of the graph, under `name` if one is given. */
  output(value: Value, name?: string): Value {
    checkValue("output", value);
    return this.#output(value, name ?? value.name);
  }

  #output(value: Value, name: string): Value {
    const twice = this.#outputs.some((output) => output.name === value.name);
    if (name === value.name && this.#made.has(name) && !twice) {
      const made = this.value(name);
      this.#outputs.push(made);
      return made;
    }
    // An output may be an input or a constant, or carry another name: an Identity node makes it one,
    // unless the finished graph can do without.
    const published = this.append({
      op: "Identity",
      domain: "",
      name: this.#shared.taken.has(name) ? this.freshName("Identity") : name,
      inputs: [value.name],
      outputs: [name === value.name ? this.freshName(name) : name],
      attributes: {},
    })[0]!;
    this.#published.add(published.name);
    this.#outputs.push(published);
    return published;
  }

  /**
   * Adds a whole model: its inputs, initializers, nodes and outputs, by their names. Nodes of older
   * operator sets are brought to this one's. All shapes are inferred again; what the model states of
   * them counts where an operator is unknown here.
   *
   * @param shapes shapes for inputs, in place of the model's own
   */
  protected load(
    withFunctions: OnnxModel,
    shapes: Readonly<Record<string, readonly Dim[] | undefined>>,
  ) {
    const model = inlineCalls(withFunctions);
    this.#shared.mixed = (withFunctions.functions ?? []).some(
      ({ opsets }) => (opsets[""] ?? model.opsets[""]) !== model.opsets[""],
    );
    const { graph, opsets } = model;
    for (const [domain, version] of Object.entries(opsets))
      if (domain !== "") this.#shared.opsets.set(domain, version);
    for (const name of Object.keys(shapes))
      if (!graph.inputs.some((input) => input.name === name))
        throw unknownName(
          "input of the graph",
          name,
          graph.inputs.map((input) => input.name),
        );
    // Names that come later in the model are no fresh ones.
    for (const name of namesIn(graph)) this.#shared.taken.add(name);
    this.#loaded = model;
    this.#loadGraph(graph, opsets[""] ?? this.opset, shapes);
  }

  #loadGraph(
    graph: Graph,
    opset: number,
    shapes: Readonly<Record<string, readonly Dim[] | undefined>>,
  ): void {
    // Up to IR version 3 initializers were listed as inputs, too.
    for (const [name, data] of graph.initializers) this.initializer(name, data);
    for (const { name, dtype, shape, containers } of graph.inputs)
      if (!graph.initializers.has(name))
        this.input(name, dtype, Object.hasOwn(shapes, name) ? shapes[name] : shape, containers);
    const stated = statedIn(graph);
    const sequences: Sequences = new Map();
    const assemble = (name: string) => {
      const values = sequences.get(name);
      if (values && !this.#lookup(name)) this.append(assembled(name, values, this), stated);
    };
    for (const node of topologicalOrder(graph.nodes)) {
      const inlined = this.within(node.name || node.outputs[0] || node.op, () =>
        inlineSequence(node, this, sequences),
      );
      if (inlined) continue;
      for (const name of used(node)) assemble(name);
      const own = opsetOf(node, opset);
      const current =
        own === this.opset && !this.#shared.mixed
          ? node
          : this.within(node.name || node.outputs[0] || node.op, () => {
              const inner = this.#withCurrentGraphs(node, own);
              const newer = own < defaultOpset ? upgrade(inner, this, own) : inner;
              checkSame(newer, Math.max(own, defaultOpset), this.opset);
              return newer;
            });
      this.append(current, stated);
    }
    for (const { name } of graph.outputs) {
      assemble(name);
      this.#outputs.push(this.value(name));
    }
  }

  /** A node, the graphs inside it of this operator set. */
  #withCurrentGraphs(node: Node, opset: number): Node {
    const attributes = Object.entries(node.attributes).map(([name, attribute]) => {
      if (attribute.type !== "graph") return [name, attribute] as const;
      const inner = new GraphAssembler({ name: attribute.value.name }, this);
      inner.#loadGraph(attribute.value, opset, {});
      return [name, { type: "graph", value: inner.buildGraph() }] as const;
    });
    return { ...node, attributes: Object.fromEntries(attributes) };
  }

  /** The finished graph. */
  buildGraph(): Graph {
    const outer = new Set([...this.#inputs, ...this.#outputs].map(({ name }) => name));
    const nodes = this.#underPublishedNames(outer);
    const values = new Map<string, ValueInfo>();
    for (const node of nodes)
      for (const name of node.outputs)
        if (name && !outer.has(name)) values.set(name, this.value(name));
    return {
      name: this.name,
      nodes,
      initializers: new Map(this.#initializers),
      inputs: [...this.#inputs],
      outputs: [...this.#outputs],
      values,
    };
  }

  /**
   * The nodes, without those that only give a value its name as an output, each a copy of it: where the
   * value is made here and is no output itself, it takes that name.
   */
  #underPublishedNames(outer: ReadonlySet<string>): Node[] {
    const names = new Map<string, string>();
    // Graphs inside of nodes may read the values by their names.
    const nested = this.#nodes.some(({ attributes }) =>
      Object.values(attributes).some(({ type }) => type === "graph"),
    );
    const nodes = this.#nodes.filter((node) => {
      const [from, to] = [node.inputs[0]!, node.outputs[0]!];
      const spared =
        !nested &&
        this.#published.has(to) &&
        this.#made.has(from) &&
        !outer.has(from) &&
        !names.has(from);
      if (spared) names.set(from, to);
      return !spared;
    });
    if (names.size === 0) return nodes;
    const named = (name: string) => names.get(name) ?? name;
    return nodes.map((node) => ({
      ...node,
      inputs: node.inputs.map(named),
      outputs: node.outputs.map(named),
    }));
  }

  /**
   * The finished model. The builder may be used further; the model does not change with it.
   *
   * @param options.producer, options.metadata default to those of the model that was loaded
   */
  build(options: { producer?: string; metadata?: Record<string, string> } = {}): OnnxModel {
    checkOptions("build", options, ["producer", "metadata"]);
    const {
      producer = this.#loaded?.producer ?? "cajal",
      metadata = Object.fromEntries(this.#loaded?.metadata ?? []),
    } = options;
    checkArgument("build", "metadata", metadata, "object");
    return madeHere({
      ...this.#loaded,
      irVersion: this.opset >= 21 ? 10 : this.opset >= 19 ? 9 : 8,
      opsets: Object.fromEntries(this.#shared.opsets),
      producer,
      graph: this.buildGraph(),
      metadata: new Map(Object.entries(metadata)),
    });
  }

  #add(node: Node, outputs: readonly Known[]): Value[] {
    if (!this.#shared.opsets.has(node.domain)) this.#shared.opsets.set(node.domain, 1);
    const values = node.outputs.map((name, i) => {
      const { dtype, shape, containers } = outputs[i]!;
      const value = { name, dtype, shape, ...(containers ? { containers } : {}) };
      if (name === "") return value;
      this.#places.set(name, this.#nodes.length);
      this.#made.add(name);
      return this.#declare(value, outputs[i]);
    });
    this.#nodes.push(node);
    // ONNX Runtime refuses two nodes of one name.
    if (node.name) this.#shared.taken.add(node.name);
    return values;
  }

  #declare(value: Value, what: Known = value): Value {
    if (this.#lookup(value.name))
      throw new CajalError("bad-model", `value "${value.name}" is defined twice.`, {
        value: value.name,
      });
    this.#values.set(value.name, value);
    this.#known.set(value.name, what);
    this.#shared.taken.add(value.name);
    return value;
  }

  #lookup(name: string): Value | undefined {
    const outer = this.#outer;
    return this.#values.get(name) ?? (outer && outer.#lookup(name));
  }

  /** A name that no value has yet, within the current scope. */
  freshName(base: string): string {
    const scoped = this.#scope ? `${this.#scope}/${base}` : base;
    const { counts, taken } = this.#shared;
    for (;;) {
      const count = counts.get(scoped) ?? 0;
      counts.set(scoped, count + 1);
      const name = count === 0 ? scoped : `${scoped}_${count}`;
      if (!taken.has(name)) return name;
    }
  }
}

/** Refuses what is no graph under construction. @throws CajalError `bad-argument` */
export function checkBuilder(where: string, g: GraphAssembler): void {
  checkArgument(where, "g", g, "object");
  checkArgument(where, "g.append", g.append, "function");
}

/** Refuses what is no value of a graph. @throws CajalError `bad-argument` */
export function checkValue(where: string, value: Value): void {
  if (typeof value !== "object" || value === null || typeof value.name !== "string")
    throw new CajalError(
      "bad-argument",
      `${where}: got ${showValue(value)}, expected a value of the graph, as its methods give it.`,
      { where },
    );
}

/** "To the end" is 2⁶³ − 1, which as a number is one too many. */
const int64 = (value: number) => (value >= 2 ** 63 ? 2n ** 63n - 1n : BigInt(value));

/** All names in a graph and the graphs inside it, of values and nodes. */
function namesIn(graph: Graph): readonly string[] {
  const inner = graph.nodes.flatMap(({ attributes }) =>
    Object.values(attributes).flatMap((attribute) =>
      attribute.type === "graph" ? namesIn(attribute.value) : [],
    ),
  );
  return [
    ...inner,
    ...graph.initializers.keys(),
    ...graph.inputs.map(({ name }) => name),
    ...graph.nodes.flatMap(({ name, outputs }) => [name, ...outputs]),
  ];
}

/** The two bytes of the bfloat16 nearest to `value`, ties to even: the upper half of the float32. */
function bfloat16(value: number): Uint8Array {
  const bits = new Uint32Array(Float32Array.of(value).buffer)[0]!;
  const upper = Number.isNaN(value) ? 0x7fc0 : (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
  return new Uint8Array(Uint16Array.of(upper).buffer);
}

/** The IEEE 754 half-precision bits nearest to `value`, ties to even. */
function float16(value: number): number {
  const bits = new Uint32Array(Float32Array.of(value).buffer)[0]!;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = Math.abs(Math.fround(value));
  if (Number.isNaN(value)) return 0x7e00;
  if (magnitude >= 65520) return sign | 0x7c00;
  // Below 2^-14 numbers are multiples of 2^-24; above, of 2^(exponent − 10).
  const exponent = Math.max(Math.floor(Math.log2(magnitude || 2 ** -24)), -14);
  const step = 2 ** (exponent - 10);
  const units = magnitude / step;
  const floor = Math.floor(units);
  const rest = units - floor;
  const mantissa = floor + (rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? 1 : 0);
  return sign | (((exponent + 14) << 10) + mantissa);
}
