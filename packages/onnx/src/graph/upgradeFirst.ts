// Nodes of the first operator sets (1 to 6) in the form that opset 7 has: broadcasting by `axis`, lists
// and types as attributes of other kinds. What changed is in ONNX's Changelog.md.
import { CajalError, tensor, type Tensor } from "@cajal/core";
import type { Attributes } from "../model/attribute";
import { dataTypeOf, typeNamed, type ElementType } from "../model/elementType";
import type { Attribute, Node, ValueInfo } from "../model/model";
import type { InferredValue } from "./infer";

/** What a rule may add before the node itself: constants, and nodes with one output. */
export interface Adder {
  op(op: string, inputs: readonly ValueInfo[], attributes?: Attributes): ValueInfo;
  constant(data: Tensor): ValueInfo;
  scalar(dtype: ElementType, value: number): ValueInfo;
  value(name: string): ValueInfo;
  find(name: string): InferredValue | undefined;
}

type Rule = (node: Node, g: Adder) => Node;

/** Operators that broadcast the second operand along an axis of the first. */
const broadcasting = "Add Sub Mul Div Pow And Or Xor Equal Greater Less".split(" ");

const rules: Readonly<Record<string, Rule>> = {
  ...Object.fromEntries(broadcasting.map((op) => [op, broadcastAlongAxis])),
  // [channels] beside axis 1
  PRelu: (node, g) => {
    const [x, slope] = node.inputs.map((name) => g.value(name).shape);
    if (slope?.length !== 1 || slope[0] === 1) return node;
    if (!x) throw unsupported(node, "an input of unknown rank");
    return trailing(node, g, Math.max(0, x.length - 2));
  },
  Gemm: (node) => withoutAttribute(node, "broadcast"),
  BatchNormalization: (node) => withoutAttribute(node, "is_test"),
  Dropout: (node) => withoutAttribute(node, "is_test"),
  // What kept the last output alone; the node's outputs say it.
  RNN: (node) => withoutAttribute(node, "output_sequence"),
  GRU: (node) => withoutAttribute(node, "output_sequence"),
  LSTM: (node) => withoutAttribute(node, "output_sequence"),
  Reshape: (node, g) => {
    const { shape } = node.attributes;
    if (node.inputs.length > 1 || shape?.type !== "ints") return node;
    return withoutAttribute(
      { ...node, inputs: [node.inputs[0]!, int64s(g, shape.value)] },
      "shape",
    );
  },
  Concat: (node) =>
    node.attributes.axis ? node : withAttribute(node, "axis", { type: "int", value: 1 }),
  Cast: (node) => {
    const { to } = node.attributes;
    if (to?.type !== "string") return node;
    return withAttribute(node, "to", { type: "int", value: dataTypeOf(typeNamed(to.value)) });
  },
  Pad: (node) => {
    const { paddings } = node.attributes;
    return paddings ? withAttribute(withoutAttribute(node, "paddings"), "pads", paddings) : node;
  },
  Split: (node, g) => {
    const [x, sizes] = node.inputs;
    // They were of the type of x.
    return sizes ? { ...node, inputs: [x!, g.op("Cast", [g.value(sizes)], { to: 7 }).name] } : node;
  },
  // tiles and axis were scalars
  Tile: (node, g) => {
    if (node.inputs.length < 3) return node;
    const rank = g.value(node.inputs[0]!).shape?.length;
    const [tiles, axis] = node.inputs.slice(1).map((name) => g.find(name)?.elements?.[0]);
    if (rank === undefined || typeof tiles !== "number" || typeof axis !== "number")
      throw unsupported(node, "tiles that are known only at run time");
    const repeats = Array.from({ length: rank }, (_, i) => (i === axis ? tiles : 1));
    return { ...node, inputs: [node.inputs[0]!, int64s(g, repeats)] };
  },
  LpPool: wholeP,
  GlobalLpPool: wholeP,
  // The first version's numbers were shorter.
  Selu: (node) => {
    const { alpha, gamma } = node.attributes;
    const rounded = alpha ? node : withAttribute(node, "alpha", float(1.6732));
    return gamma ? rounded : withAttribute(rounded, "gamma", float(1.0507));
  },
};

/** Where a rule ends before opset 7: from this set on, the operator is as it is later. */
const untilOpset: Readonly<Record<string, number>> = {
  Selu: 6,
  Concat: 4,
  Reshape: 5,
  Cast: 6,
  Pad: 2,
  Split: 2,
  Tile: 6,
  LpPool: 2,
  GlobalLpPool: 2,
};

/** Operators that have a rule. */
export const upgradedFirst: readonly string[] = Object.keys(rules);

/**
 * A node of operator set `opset`, 1 to 6, as opset 7 has it.
 *
 * @throws CajalError `unsupported` for the few forms that opset 7 has not
 */
export function upgradeFirst(node: Node, g: Adder, opset: number): Node {
  const cleanNode = withoutAttribute(node, "consumed_inputs");
  const rule = Object.hasOwn(rules, node.op) ? rules[node.op] : undefined;
  return rule && opset < (untilOpset[node.op] ?? 7) ? rule(cleanNode, g) : cleanNode;
}

/** The second operand's axes are those of the first from `axis` on, or its last. */
function broadcastAlongAxis(node: Node, g: Adder): Node {
  const { axis, broadcast } = node.attributes;
  const cleanNode = withoutAttribute(withoutAttribute(node, "axis"), "broadcast");
  if (broadcast?.type !== "int" || broadcast.value === 0 || axis?.type !== "int") return cleanNode;
  const [a, b] = node.inputs.map((name) => g.value(name).shape?.length);
  if (a === undefined || b === undefined) throw unsupported(node, "operands of unknown rank");
  const from = axis.value < 0 ? a - b : axis.value;
  if (b === 0) return cleanNode;
  if (from + b > a) throw unsupported(node, `axis ${axis.value} of operands of rank ${a} and ${b}`);
  return trailing(cleanNode, g, a - from - b);
}

/** Gives the second operand so many axes of 1 behind its own. */
function trailing(node: Node, g: Adder, count: number): Node {
  if (count === 0) return node;
  const value = g.value(node.inputs[1]!);
  const rank = value.shape!.length;
  const axes = g.constant(
    tensor(
      "int64",
      [count],
      Array.from({ length: count }, (_, i) => rank + i),
    ),
  );
  return { ...node, inputs: [node.inputs[0]!, g.op("Unsqueeze", [value, axes]).name] };
}

/** p was a float. */
function wholeP(node: Node): Node {
  const { p } = node.attributes;
  if (p?.type !== "float") return node;
  if (!Number.isInteger(p.value)) throw unsupported(node, `p ${p.value}`);
  return withAttribute(node, "p", { type: "int", value: p.value });
}

const float = (value: number): Attribute => ({ type: "float", value: Math.fround(value) });

const int64s = (g: Adder, values: readonly number[]) =>
  g.constant(tensor("int64", [values.length], values)).name;

function withoutAttribute(node: Node, name: string): Node {
  if (!Object.hasOwn(node.attributes, name)) return node;
  const { [name]: _, ...attributes } = node.attributes;
  return { ...node, attributes };
}

const withAttribute = (node: Node, name: string, attribute: Attribute): Node => ({
  ...node,
  attributes: { ...node.attributes, [name]: attribute },
});

const unsupported = (node: Node, what: string) =>
  new CajalError(
    "unsupported",
    `node "${node.name || node.outputs[0]}" (${node.op}): ${what} cannot be brought to opset 18.`,
    { node: node.name, op: node.op },
  );
