// Sequences whose tensors are known one by one while a graph is loaded (a tensor split into parts, of which
// one is taken: PyTorch's exporter writes that) become those tensors: there is no gradient through a
// sequence, and no need of one. What cannot be followed (a position that is computed, a loop that
// collects) stays as it is, its sequences put together again.
import { attributesOf } from "../model/attribute";
import type { Node, ValueInfo } from "../model/model";
import type { GraphAssembler } from "./assembler";

/** The tensors of each sequence, by its name. */
export type Sequences = Map<string, readonly ValueInfo[]>;

/** What stands in place of a node: its sequence, or the nodes that have been added. */
type Rule = (node: Node, g: GraphAssembler, sequences: Sequences) => boolean;

const rules: Readonly<Record<string, Rule>> = {
  Identity: (node, _, sequences) => {
    const list = sequences.get(node.inputs[0]!);
    return list !== undefined && follow(node, sequences, list);
  },
  SequenceEmpty: (node, _, sequences) => follow(node, sequences, []),
  SequenceConstruct: (node, g, sequences) =>
    follow(
      node,
      sequences,
      node.inputs.map((name) => g.value(name)),
    ),
  SequenceInsert: (node, g, sequences) => {
    const [list, position] = listAndPosition(node, g, sequences, 2);
    if (!list || position === undefined) return false;
    const at = position === "last" ? list.length : position;
    return follow(node, sequences, list.toSpliced(at, 0, g.value(node.inputs[1]!)));
  },
  SequenceErase: (node, g, sequences) => {
    const [list, position] = listAndPosition(node, g, sequences, 1);
    if (!list || position === undefined) return false;
    return follow(node, sequences, list.toSpliced(position === "last" ? -1 : position, 1));
  },
  SequenceAt: (node, g, sequences) => {
    const [list, position] = listAndPosition(node, g, sequences, 1);
    if (!list || typeof position !== "number") return false;
    const element = list.at(position);
    return element !== undefined && replace(node, g, "Identity", [element]);
  },
  SequenceLength: (node, g, sequences) => {
    const list = sequences.get(node.inputs[0]!);
    return list !== undefined && replace(node, g, "Identity", [g.scalar("int64", list.length)]);
  },
  ConcatFromSequence: (node, g, sequences) => {
    const list = sequences.get(node.inputs[0]!);
    if (!list || list.length === 0) return false;
    const { int } = attributesOf(node);
    const axis = int("axis", 0);
    const parts =
      int("new_axis", 0) === 1
        ? list.map((value) => g.op("Unsqueeze", [value, g.int64s([axis])]))
        : list;
    return replace(node, g, "Concat", parts, { axis: { type: "int", value: axis } });
  },
  SplitToSequence: (node, g, sequences) => {
    const x = g.value(node.inputs[0]!);
    const { int } = attributesOf(node);
    if (!x.shape) return false;
    const axis = (int("axis", 0) + x.shape.length) % x.shape.length;
    const extent = x.shape[axis];
    const constantAxis = node.inputs[1] ? g.constantOf(g.value(node.inputs[1])) : undefined;
    if (
      (node.inputs[1] && !constantAxis) ||
      (typeof extent !== "number" && constantAxis?.shape.length !== 1)
    )
      return false;
    const sizes =
      constantAxis?.shape.length === 1
        ? Array.from(constantAxis.data as ArrayLike<number | bigint>, Number)
        : chunks(extent as number, constantAxis ? Number(constantAxis.data[0]) : 1);
    // As many nodes as parts are added: a file is not to ask for a million.
    if (sizes.length === 0 || sizes.length > 4096) return false;
    const parts = g.ops("Split", [x, g.int64s(sizes)], { axis }, { outputs: sizes.length });
    const squeezed = !node.inputs[1] && int("keepdims", 1) === 0;
    return follow(
      node,
      sequences,
      squeezed ? parts.map((part) => g.op("Squeeze", [part, g.int64s([axis])])) : parts,
    );
  },
};

/** Takes a node into `sequences`, or adds what it becomes; false where it has to stay. */
export const inlineSequence: Rule = (node, g, sequences) =>
  node.domain === "" && Object.hasOwn(rules, node.op) && rules[node.op]!(node, g, sequences);

/** A node that puts a sequence together again, under its name. */
export const assembled = (name: string, values: readonly ValueInfo[], g: GraphAssembler): Node =>
  values.length === 0
    ? { op: "SequenceEmpty", domain: "", name: g.freshName(name), inputs: [], outputs: [name], attributes: {} } // prettier-ignore
    : { op: "SequenceConstruct", domain: "", name: g.freshName(name), inputs: values.map((value) => value.name), outputs: [name], attributes: {} }; // prettier-ignore

function follow(node: Node, sequences: Sequences, values: readonly ValueInfo[]): true {
  sequences.set(node.outputs[0]!, values);
  return true;
}

/** Adds a node of another operator that has this one's name and output. */
function replace(
  node: Node,
  g: GraphAssembler,
  op: string,
  values: readonly ValueInfo[],
  attributes: Node["attributes"] = {},
): true {
  g.append({ ...node, op, inputs: values.map(({ name }) => name), attributes });
  return true;
}

/** The sequence that a node reads, and the position in it, counted from the front; "last" where none is stated. */
function listAndPosition(
  node: Node,
  g: GraphAssembler,
  sequences: Sequences,
  input: number,
): [readonly ValueInfo[] | undefined, number | "last" | undefined] {
  const list = sequences.get(node.inputs[0]!);
  const name = node.inputs[input];
  if (!list || !name) return [list, "last"];
  const constant = g.constantOf(g.value(name));
  if (!constant) return [list, undefined];
  const position = Number(constant.data[0]);
  const index = position < 0 ? position + list.length : position;
  return [list, index >= 0 && index <= list.length ? index : undefined];
}

/** Parts of `size`, the last one smaller where it does not divide. */
const chunks = (extent: number, size: number): number[] =>
  size >= 1
    ? Array.from({ length: Math.ceil(extent / size) }, (_, i) => Math.min(size, extent - i * size))
    : [];
