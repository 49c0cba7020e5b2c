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
} from "@cajal/core";
import { typedAttributes, type Attributes } from "../model/attribute";
import {
  constantIn,
  definitionOf,
  inferNode,
  inferredOf,
  nameOf,
  type InferredValue,
  type Scope,
  type Stated,
} from "./infer";
import type { ElementType } from "../model/elementType";
import type { Container, Dim, Graph, Initializer, Node, OnnxModel, ValueInfo } from "../model/model"; // prettier-ignore
import { checkInitializer, checkedModel } from "../model/checkStructure";
import { scalarOf } from "../model/scalarOf";
import type { Value } from "../operators/method";
import { checkValue } from "./checkValue";
import { Names, namesIn, underPublishedNames } from "./names";
import { Shapes } from "./shapes";

/** The operator set that graphs are built for: the first where all reductions take axes as input. */
export const defaultOpset = 18;

export interface AssemblerOptions {
  readonly name?: string;
  readonly opset?: number;
}

/** State that a graph shares with its subgraphs. */
interface Shared {
  readonly opsets: Map<string, number>;
  readonly names: Names;
  readonly shapes: Shapes;
}

export class GraphAssembler implements Scope {
  readonly opset: number;
  readonly name: string;
  readonly #nodes: Node[] = [];
  /** The index in `#nodes` of the node that computes a value. */
  readonly #places = new Map<string, number>();
  readonly #initializers = new Map<string, Initializer>();
  readonly #inputs: ValueInfo[] = [];
  readonly #outputs: ValueInfo[] = [];
  readonly #values = new Map<string, Value>();
  /** Values of which more is known than type and shape. */
  readonly #inferred = new Map<string, InferredValue>();
  /** Outputs of nodes that are other names of values, as outputs of the graph. */
  readonly #published = new Set<string>();
  /** Small constants by content, so that a graph holds each once. */
  readonly #constants = new Map<string, Value>();
  readonly #outer: GraphAssembler | undefined;
  readonly #shared: Shared;
  #adopted: OnnxModel | undefined;
  #scope = "";

  constructor(options: AssemblerOptions = {}, outerGraph?: GraphAssembler) {
    checkOptions("GraphBuilder", options, ["name", "opset"]);
    const { name = "cajal", opset = defaultOpset } = options;
    checkArgument("GraphBuilder", "name", name, "string");
    checkInteger("GraphBuilder", "opset", opset, { least: 1 });
    this.name = name;
    this.opset = outerGraph?.opset ?? opset;
    this.#outer = outerGraph;
    this.#scope = outerGraph ? outerGraph.#scope : "";
    this.#shared = outerGraph
      ? outerGraph.#shared
      : { opsets: new Map([["", opset]]), names: new Names(), shapes: new Shapes() };
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
    const value = this.#declare({ name, dtype: data.dtype, shape: data.shape }, inferredOf(data));
    this.#initializers.set(name, data);
    return value;
  }

  /** A constant without a name of its own; equal small ones are shared. */
  constant(data: Initializer): Value {
    checkInitializer(data, "constant");
    const key =
      data.data.length <= 64 ? `${data.dtype} ${data.shape.join()} ${data.data.join()}` : undefined;
    const equal = key === undefined ? undefined : this.#constants.get(key);
    if (equal) return equal;
    const value = this.initializer(this.freshName("constant"), data);
    if (key !== undefined) this.#constants.set(key, value);
    return value;
  }

  /** A scalar constant. Throws CajalError `unsupported` for types that are only carried, but bfloat16. */
  scalar(dtype: ElementType, value: number): Value {
    return this.constant(scalarOf(dtype, value));
  }

  /** A one-dimensional int64 constant: axes, shapes, pads. */
  int64s(values: readonly number[]): Value {
    checkArgument("int64s", "values", values, "array");
    for (const value of values) checkNumber("int64s", "value", value);
    return this.constant(tensor("int64", [values.length], values));
  }

  /** The constant value of `value`, if known: initializers, constants, and shapes computed from known ones. */
  constantOf(value: Value): Tensor | undefined {
    checkValue("constantOf", value);
    const known = this.find(value.name);
    return known && constantIn(known);
  }

  /**
   * The elements of a small tensor, as far as known: numbers, names of free axes, undefined where
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

  /** The type and shape of the value of that name, in this graph or an outer one. */
  find(name: string): InferredValue | undefined {
    return this.#inferred.get(name) ?? this.#values.get(name) ?? this.#outer?.find(name);
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

  /** Prefixes the names of the nodes that `body` adds with `scope/`. */
  within<T>(scope: string, body: () => T): T {
    checkArgument("within", "body", body, "function");
    const outerScope = this.#scope;
    this.#scope = outerScope ? `${outerScope}/${scope}` : scope;
    try {
      return body();
    } finally {
      this.#scope = outerScope;
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
    // Optional inputs left out at the end are not written.
    const inputsWithAttributes = [...inputs];
    while (inputsWithAttributes.length > 0 && inputsWithAttributes.at(-1) === undefined)
      inputsWithAttributes.pop();
    return this.append({
      op,
      domain,
      name,
      inputs: inputsWithAttributes.map((value) => value?.name ?? ""),
      outputs: Array.from({ length: outputs }, (_, i) => (i === 0 ? name : `${name}:${i}`)),
      attributes: typedAttributes(op, definition.attributes, attributes, name),
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
      const value = this.find(name);
      if (!value) throw unknownName("value of the graph", name, this.#values.keys());
      return value;
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
    const declared = current.outputs[i];
    if (declared) return this.value(declared);
    const outputs = Array.from({ length: Math.max(i + 1, current.outputs.length) }, (_, j) =>
      j === i ? this.freshName(`${name}:${i}`) : (current.outputs[j] ?? ""),
    );
    const extended = { ...current, outputs };
    const inputs = current.inputs.map((input) => (input === "" ? undefined : this.find(input)));
    const inferred = inferNode(extended, inputs, this.opset, this)[i]!;
    this.#nodes[at] = extended;
    this.#places.set(outputs[i]!, at);
    return this.#declare(
      { name: outputs[i]!, dtype: inferred.dtype, shape: inferred.shape },
      inferred,
    );
  }

  /**
   * Takes over a model's metadata, and reserves all of its names.
   *
   * @internal
   */
  adopt(model: OnnxModel): void {
    for (const [domain, version] of Object.entries(model.opsets))
      if (domain !== "") this.#shared.opsets.set(domain, version);
    for (const name of namesIn(model.graph)) this.#shared.names.take(name);
    this.#adopted = model;
  }

  /**
   * Declares the value of that name an output of the graph, whatever else it is.
   *
   * @internal
   */
  adoptOutput(name: string): void {
    this.#outputs.push(this.value(name));
  }

  /** Declares `value` an output of the graph, under the name `as` if one is given. */
  output(value: Value, as?: string): Value {
    checkValue("output", value);
    const name = as ?? value.name;
    const isTaken = this.#outputs.some((output) => output.name === value.name);
    if (name === value.name && this.#places.has(name) && !isTaken) {
      const output = this.value(name);
      this.#outputs.push(output);
      return output;
    }
    // An output may be an input or a constant, or carry another name: an Identity node makes it one,
    // unless the finished graph can do without.
    const published = this.append({
      op: "Identity",
      domain: "",
      name: this.#shared.names.has(name) ? this.freshName("Identity") : name,
      inputs: [value.name],
      outputs: [name === value.name ? this.freshName(name) : name],
      attributes: {},
    })[0]!;
    this.#published.add(published.name);
    this.#outputs.push(published);
    return published;
  }

  /** The finished graph. */
  buildGraph(): Graph {
    const namesOutside = new Set([...this.#inputs, ...this.#outputs].map(({ name }) => name));
    const nodes = underPublishedNames(this.#nodes, {
      published: this.#published,
      computed: this.#places,
      keptNames: namesOutside,
    });
    const values = new Map<string, ValueInfo>();
    for (const node of nodes)
      for (const name of node.outputs)
        if (name && !namesOutside.has(name)) values.set(name, this.value(name));
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
   * The finished model. The builder may be used further; the model does not change with it.
   *
   * @param options.producer default: that of the model that was loaded, or else "cajal"
   * @param options.metadata default: that of the model that was loaded
   */
  build(options: { producer?: string; metadata?: Record<string, string> } = {}): OnnxModel {
    checkOptions("build", options, ["producer", "metadata"]);
    const {
      producer = this.#adopted?.producer ?? "cajal",
      metadata = Object.fromEntries(this.#adopted?.metadata ?? []),
    } = options;
    checkArgument("build", "metadata", metadata, "object");
    return checkedModel({
      ...this.#adopted,
      irVersion: this.opset >= 21 ? 10 : this.opset >= 19 ? 9 : 8,
      opsets: Object.fromEntries(this.#shared.opsets),
      producer,
      graph: this.buildGraph(),
      metadata: new Map(Object.entries(metadata)),
    });
  }

  #add(node: Node, outputs: readonly InferredValue[]): Value[] {
    if (!this.#shared.opsets.has(node.domain)) this.#shared.opsets.set(node.domain, 1);
    const values = node.outputs.map((name, i) => {
      const { dtype, containers } = outputs[i]!;
      const shape = this.#shared.shapes.intern(outputs[i]!.shape);
      const value = { name, dtype, shape, ...(containers ? { containers } : {}) };
      if (name === "") return value;
      this.#places.set(name, this.#nodes.length);
      return this.#declare(value, outputs[i]);
    });
    this.#nodes.push(node);
    // ONNX Runtime refuses two nodes of one name.
    if (node.name) this.#shared.names.take(node.name);
    return values;
  }

  #declare(value: Value, type: InferredValue = value): Value {
    if (this.#lookup(value.name))
      throw new CajalError("bad-model", `value "${value.name}" is defined twice.`, {
        value: value.name,
      });
    this.#values.set(value.name, value);
    if (type.elements || type.constant) this.#inferred.set(value.name, type);
    this.#shared.names.take(value.name);
    return value;
  }

  #lookup(name: string): Value | undefined {
    const outer = this.#outer;
    return this.#values.get(name) ?? (outer && outer.#lookup(name));
  }

  /** A name that no value has yet, within the current scope. */
  freshName(base: string): string {
    return this.#shared.names.fresh(this.#scope ? `${this.#scope}/${base}` : base);
  }
}
