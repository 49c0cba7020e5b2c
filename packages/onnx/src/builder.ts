// Builds an ONNX graph: each operator is a method with ONNX's name and argument order, and knows
// the type and shape of what it returns as soon as it is called.
import { CajalError, sizeOf, tensor, unknownName, type DType, type Tensor } from "@cajal/core";
import type { Attribute, AttributeType, Dim, Graph, Node, OnnxModel, ValueInfo } from "./model";
import { operator, operators } from "./operators";
import type { InferenceContext } from "./operator";

/** A value in a graph under construction. */
export type Value = ValueInfo;

/** Numbers stand for scalar constants of the other operand's type. */
export type Operand = Value | number;

/** Attributes as one writes them; the operator's definition says which ONNX type each has. */
export type Attributes = Readonly<
  Record<
    string,
    number | string | boolean | readonly number[] | readonly string[] | Tensor | Graph | undefined
  >
>;

type AttributeValues = { [A in Attribute as A["type"]]: A["value"] };

/** The operator set that graphs are built for: the first where all reductions take axes as input. */
export const defaultOpset = 18;

export class GraphBuilder {
  readonly opset: number;
  readonly #name: string;
  readonly #nodes: Node[] = [];
  readonly #initializers = new Map<string, Tensor>();
  readonly #inputs: ValueInfo[] = [];
  readonly #outputs: ValueInfo[] = [];
  readonly #values = new Map<string, Value>();
  /** Values known while building: initializers and constants. */
  readonly #constants = new Map<string, Tensor>();
  /** Small constants by content, so that a graph holds each once. */
  readonly #shared = new Map<string, Value>();
  readonly #domains = new Set<string>([""]);
  readonly #counts = new Map<string, number>();
  #scope = "";

  constructor({ name = "cajal", opset = defaultOpset }: { name?: string; opset?: number } = {}) {
    this.#name = name;
    this.opset = opset;
  }

  /** An input of the graph. */
  input(name: string, dtype: DType, shape: readonly Dim[] | undefined): Value {
    const value = this.#declare({ name, dtype, shape });
    this.#inputs.push(value);
    return value;
  }

  /** A named constant of the graph, such as a weight. */
  initializer(name: string, data: Tensor): Value {
    const value = this.#declare({ name, dtype: data.dtype, shape: data.shape });
    this.#initializers.set(name, data);
    this.#constants.set(name, data);
    return value;
  }

  /** A constant without a name of its own; equal small ones are shared. */
  constant(data: Tensor): Value {
    const key =
      data.data.length <= 64 ? `${data.dtype} ${data.shape.join()} ${data.data.join()}` : undefined;
    const known = key === undefined ? undefined : this.#shared.get(key);
    if (known) return known;
    const made = this.initializer(this.#fresh("constant"), data);
    if (key !== undefined) this.#shared.set(key, made);
    return made;
  }

  /** A scalar constant. */
  scalar(dtype: DType, value: number): Value {
    return this.constant(tensor(dtype, [], [value]));
  }

  /** A one-dimensional int64 constant: axes, shapes, pads. */
  int64s(values: readonly number[]): Value {
    return this.constant(tensor("int64", [values.length], values));
  }

  /** What a value is known to hold: initializers and constants. */
  constantOf(value: Value): Tensor | undefined {
    return this.#constants.get(value.name);
  }

  /** The value of that name. */
  value(name: string): Value {
    const value = this.#values.get(name);
    if (!value) throw unknownName("value of the graph", name, this.#values.keys());
    return value;
  }

  /** The nodes so far, in the order in which they run. */
  get nodes(): readonly Node[] {
    return this.#nodes;
  }

  /** Names the nodes that `body` adds `scope/…`. */
  within<T>(scope: string, body: () => T): T {
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

  /** Adds a node with several outputs. */
  ops(
    op: string,
    inputs: readonly (Value | undefined)[],
    attributes: Attributes = {},
    { outputs, domain = "" }: { outputs: number; domain?: string },
  ): Value[] {
    const name = this.#fresh(op);
    const definition = operator(op, domain);
    if (!definition)
      throw unknownName(
        "operator",
        domain ? `${domain}.${op}` : op,
        operators.map((known) => (known.domain ? `${known.domain}.${known.op}` : known.op)),
      );
    const typed: Record<string, Attribute> = {};
    for (const [key, value] of Object.entries(attributes)) {
      if (value === undefined) continue;
      const type = definition.attributes[key];
      if (!type) throw unknownName(`attribute of ${op}`, key, Object.keys(definition.attributes));
      typed[key] = attributeOf(type, value, `node "${name}", attribute "${key}"`);
    }
    // Optional inputs left out at the end are not written.
    const given = [...inputs];
    while (given.length > 0 && given.at(-1) === undefined) given.pop();
    const node: Node = {
      op,
      domain,
      name,
      inputs: given.map((value) => value?.name ?? ""),
      outputs: Array.from({ length: outputs }, (_, i) => (i === 0 ? name : `${name}:${i}`)),
      attributes: typed,
    };
    return this.#append(node);
  }

  /** Declares `value` an output of the graph, under `name` if one is given. */
  output(value: Value, name = value.name): Value {
    // An output may be an input or a constant, or carry another name: an Identity node makes it one.
    const own = this.#nodes.some((node) => node.outputs.includes(value.name));
    const published =
      name === value.name && own
        ? value
        : this.#append({
            op: "Identity",
            domain: "",
            name,
            inputs: [value.name],
            outputs: [name],
            attributes: {},
          })[0]!;
    this.#outputs.push(published);
    return published;
  }

  /** The finished model. The builder may be used further; the model does not change with it. */
  build({
    producer = "cajal",
    metadata = {},
  }: { producer?: string; metadata?: Record<string, string> } = {}): OnnxModel {
    const outer = new Set([...this.#inputs, ...this.#outputs].map(({ name }) => name));
    const values = new Map<string, ValueInfo>();
    for (const node of this.#nodes)
      for (const name of node.outputs)
        if (name && !outer.has(name)) values.set(name, this.value(name));
    return {
      irVersion: 8,
      opsets: Object.fromEntries(
        [...this.#domains].map((domain) => [domain, domain === "" ? this.opset : 1]),
      ),
      producer,
      graph: {
        name: this.#name,
        nodes: [...this.#nodes],
        initializers: new Map(this.#initializers),
        inputs: [...this.#inputs],
        outputs: [...this.#outputs],
        values,
      },
      metadata: new Map(Object.entries(metadata)),
    };
  }

  // Operators, by family. Where opset 18 takes axes, shapes or limits as an input, these take numbers.

  add = (a: Operand, b: Operand) => this.#binary("Add", a, b);
  sub = (a: Operand, b: Operand) => this.#binary("Sub", a, b);
  mul = (a: Operand, b: Operand) => this.#binary("Mul", a, b);
  div = (a: Operand, b: Operand) => this.#binary("Div", a, b);
  pow = (a: Operand, b: Operand) => this.#binary("Pow", a, b);
  max = (a: Operand, b: Operand) => this.#binary("Max", a, b);
  min = (a: Operand, b: Operand) => this.#binary("Min", a, b);
  greater = (a: Operand, b: Operand) => this.#binary("Greater", a, b);
  greaterOrEqual = (a: Operand, b: Operand) => this.#binary("GreaterOrEqual", a, b);
  less = (a: Operand, b: Operand) => this.#binary("Less", a, b);
  lessOrEqual = (a: Operand, b: Operand) => this.#binary("LessOrEqual", a, b);
  equal = (a: Operand, b: Operand) => this.#binary("Equal", a, b);
  and = (a: Value, b: Value) => this.op("And", [a, b]);
  or = (a: Value, b: Value) => this.op("Or", [a, b]);
  not = (x: Value) => this.op("Not", [x]);
  where = (condition: Value, a: Operand, b: Operand) => {
    const [x, y] = this.#operands(a, b);
    return this.op("Where", [condition, x, y]);
  };

  #operands(a: Operand, b: Operand): [Value, Value] {
    const dtype = typeof a !== "number" ? a.dtype : typeof b !== "number" ? b.dtype : "float32";
    return [
      typeof a === "number" ? this.scalar(dtype, a) : a,
      typeof b === "number" ? this.scalar(dtype, b) : b,
    ];
  }

  #binary(op: string, a: Operand, b: Operand): Value {
    return this.op(op, this.#operands(a, b));
  }

  #append(node: Node): Value[] {
    const definition = operator(node.op, node.domain)!;
    const where = `node "${node.name}" (${node.op})`;
    const [least, most] = definition.inputs;
    if (node.inputs.length < least || node.inputs.length > most)
      throw new CajalError(
        "bad-model",
        `${where}: got ${node.inputs.length} inputs, expected ${least === most ? least : `${least} to ${most}`}.`,
        { node: node.name, op: node.op },
      );
    const inputs = node.inputs.map((name) => (name === "" ? undefined : this.value(name)));
    const inferred = definition.infer(this.#context(node, inputs));
    this.#domains.add(node.domain);
    this.#nodes.push(node);
    return node.outputs.map((name, i) => this.#declare({ name, ...inferred[i]! }));
  }

  #context(node: Node, inputs: readonly (Value | undefined)[]): InferenceContext {
    const attribute = (name: string) => node.attributes[name];
    const as = <T extends AttributeType>(name: string, type: T) => {
      const found = attribute(name);
      return found?.type === type ? (found.value as AttributeValues[T]) : undefined;
    };
    return {
      inputs,
      outputs: node.outputs.length,
      opset: this.opset,
      constant: (i) => (node.inputs[i] ? this.#constants.get(node.inputs[i]) : undefined),
      attribute,
      int: (name, absent) => as(name, "int") ?? absent,
      float: (name, absent) => as(name, "float") ?? absent,
      string: (name, absent) => as(name, "string") ?? absent,
      ints: (name) => as(name, "ints"),
    };
  }

  #declare(value: Value): Value {
    if (this.#values.has(value.name))
      throw new CajalError("bad-model", `value "${value.name}" is defined twice.`, {
        value: value.name,
      });
    this.#values.set(value.name, value);
    return value;
  }

  #fresh(base: string): string {
    const scoped = this.#scope ? `${this.#scope}/${base}` : base;
    for (;;) {
      const count = this.#counts.get(scoped) ?? 0;
      this.#counts.set(scoped, count + 1);
      const name = count === 0 ? scoped : `${scoped}_${count}`;
      if (!this.#values.has(name)) return name;
    }
  }
}

function attributeOf(
  type: Attribute["type"],
  value: NonNullable<Attributes[string]>,
  where: string,
): Attribute {
  const wrong = () =>
    new CajalError("bad-argument", `${where}: got ${JSON.stringify(value)}, expected ${type}.`, {
      type,
    });
  switch (type) {
    case "int":
      if (typeof value === "boolean") return { type, value: value ? 1 : 0 };
      if (typeof value !== "number" || !Number.isInteger(value)) throw wrong();
      return { type, value };
    case "float":
      if (typeof value !== "number") throw wrong();
      return { type, value };
    case "string":
      if (typeof value !== "string") throw wrong();
      return { type, value };
    case "ints":
    case "floats":
      if (!isList(value, "number")) throw wrong();
      return { type, value };
    case "strings":
      if (!isList(value, "string")) throw wrong();
      return { type, value };
    case "tensor":
      if (typeof value !== "object" || !("dtype" in value)) throw wrong();
      return { type, value };
    case "graph":
      if (typeof value !== "object" || !("nodes" in value)) throw wrong();
      return { type, value };
  }
}

function isList<T extends "number" | "string">(
  value: unknown,
  of: T,
): value is readonly (T extends "number" ? number : string)[] {
  return Array.isArray(value) && value.every((element) => typeof element === of);
}

/** Number of elements of a shape, where all of its extents are known. */
export function knownSize(shape: readonly Dim[] | undefined): number | undefined {
  return shape?.every((extent): extent is number => typeof extent === "number")
    ? sizeOf(shape)
    : undefined;
}
