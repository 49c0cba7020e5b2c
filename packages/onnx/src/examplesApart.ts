// Whether the examples of a batch stay apart in a graph: whether what it gives for one depends on the others.
import { checkArgument, checkOptions, optionsOf, type Tensor } from "@cajal/core";
import { checkBuilder, checkValue } from "./graph/checkValue";
import type { GraphBuilder, Value } from "./graph/builder";
import { contextOf } from "./graph/infer";
import { opsetOf } from "./graph/inlineCalls";
import { isStatic, staticSize } from "./model/dims";
import type { Node } from "./model/model";
import { capturesIn } from "./model/topologicalOrder";
import { operator } from "./operators";

/** A graph for a batch, under construction. All extents have to be known. */
export interface BatchGraph {
  readonly g: GraphBuilder;
  readonly outputs: readonly Value[];
  /** Inputs with the examples along their first axis. */
  readonly examples: readonly Value[];
  /** Inputs of which random numbers are made, in each batch others. */
  readonly drawn?: readonly Value[];
}

/**
 * Whether a graph that was built for a part of a batch gives for its examples what the same graph gives that was built for
 * the whole: each output has the examples along its first axis, and what it gives for one depends on that example and on
 * values that are the same for all, and on neither the other examples, nor their number, nor its place among them.
 *
 * @param whole for all examples
 * @param part for fewer, two at least, built in the same way
 * @returns false where it is not so, or cannot be told: for operators that are not known, and those with graphs inside
 * @throws CajalError `bad-argument` for a value that is not a graph or not one of its values
 */
export function keepsExamplesApart(whole: BatchGraph, part: BatchGraph): boolean {
  const places = [whole, part].map((graph) => {
    checkOptions("keepsExamplesApart", graph, optionsOf<BatchGraph>({ g: "object", outputs: "array", examples: "array", drawn: "array" })); // prettier-ignore
    const { g, outputs, examples, drawn = [] } = graph;
    checkBuilder("keepsExamplesApart", g);
    checkArgument("keepsExamplesApart", "outputs", outputs, "array");
    checkArgument("keepsExamplesApart", "examples", examples, "array");
    for (const value of [...outputs, ...examples, ...drawn]) checkValue("keepsExamplesApart", value); // prettier-ignore
    return placesIn(graph);
  });
  const [ofWhole, ofPart] = places;
  return (
    ofWhole !== undefined && ofPart !== undefined && isSameForEach([whole, ofWhole], [part, ofPart])
  );
}

/** Where the examples lie in a graph's values; undefined where its outputs do not have them apart. */
function placesIn({ g, outputs, examples, drawn = [] }: BatchGraph): Known | undefined {
  const [count] = examples[0]?.shape ?? [];
  if (typeof count !== "number" || count < 2) return undefined;
  if (examples.some(({ shape }) => shape?.[0] !== count)) return undefined;
  const known: Known = {
    count,
    axes: new Map(examples.map(({ name }) => [name, 0])),
    drawn: new Set(drawn.map(({ name }) => name)),
    extents: new Set(),
    mixed: new Set(),
  };
  for (const node of g.nodes) follow(g, node, known);
  const areApart = outputs.every(({ name, shape }) => known.axes.get(name) === 0 && shape?.[0] === count); // prettier-ignore
  return areApart ? known : undefined;
}

/** What is known of values; those that are the same for all examples, in every batch, are in none of these. */
interface Known {
  readonly count: number;
  /** Value → the axis of its examples. */
  readonly axes: Map<string, number>;
  /** Random numbers. */
  readonly drawn: Set<string>;
  /** Made of extents, the batch's among them. */
  readonly extents: Set<string>;
  /** In which examples are mixed, or may be. */
  readonly mixed: Set<string>;
}

/** Tells where a node leaves the examples. */
function follow(g: GraphBuilder, node: Node, known: Known): void {
  const { count, axes, drawn, extents, mixed } = known;
  const inputs = [...node.inputs, ...capturesIn(node)];
  const outputs = node.outputs.filter((name) => name !== "");
  const addTo = (set: Set<string>) => outputs.forEach((name) => set.add(name));
  if (inputs.some((name) => mixed.has(name))) addTo(mixed);
  else if (inputs.some((name) => axes.has(name))) {
    // What is known without the examples holds their number, or other extents.
    if (outputs.every((name) => g.constantOf(g.value(name)))) return addTo(extents);
    const places = placesOf(g, node, known);
    node.outputs.forEach((name, i) => {
      const axis = places[i];
      const extent = axis === undefined ? undefined : g.value(name).shape?.[axis];
      if (typeof extent === "number" && extent > 0 && extent % count === 0) axes.set(name, axis!);
      else if (name !== "") mixed.add(name);
    });
  } else if (inputs.some((name) => drawn.has(name))) {
    // Places may be counted for numbers to be drawn; a single extent among these is how many there are.
    const ofExtents = operator(node.op, node.domain)?.extents;
    const isScaled = inputs.some((name, i) => extents.has(name) && i !== ofExtents && staticSize(g.find(name)?.shape) === 1); // prettier-ignore
    addTo(isScaled ? mixed : drawn);
  } else if (inputs.some((name) => extents.has(name))) addTo(extents);
}

/** Of each output of a node the axis of the examples; undefined where they are mixed, or may be. */
function placesOf(
  g: GraphBuilder,
  node: Node,
  { count, axes, drawn, extents }: Known,
): readonly (number | undefined)[] {
  const { examples: rule, extents: ofExtents } = operator(node.op, node.domain) ?? {};
  if (node.inputs.some((name, i) => extents.has(name) && i !== ofExtents)) return [];
  const inputs = node.inputs.map((name) => (name === "" ? undefined : g.find(name)));
  const results = node.outputs.map((name) => (name === "" ? [] : g.find(name)?.shape));
  const areKnown = inputs.every((input) => !input || isStatic(input.shape));
  const [first, ...others] = inputs;
  if (!rule || !first || !areKnown || !results.every(isStatic)) return [];
  const place = rule({
    ...contextOf(node, inputs, opsetOf(node, g.opset), g),
    inputs: [first, ...others],
    count,
    axes: node.inputs.map((name) => axes.get(name)),
    drawn: node.inputs.map((name) => drawn.has(name)),
    results,
  });
  return typeof place === "object" ? place : node.outputs.map(() => place);
}

/**
 * Whether two graphs do the same with each example: with the same constants, and in the same shapes but for how many
 * examples there are. Code that builds a graph may count them, and put their number into it.
 */
function isSameForEach([whole, a]: [BatchGraph, Known], [part, b]: [BatchGraph, Known]): boolean {
  const [nodes, partNodes] = [whole.g.nodes, part.g.nodes];
  if (nodes.length !== partNodes.length) return false;
  /** Value of the whole → of the part. */
  const pairs = new Map<string, string>();
  const isPair = (name: string, partName: string, isExtents: boolean) => {
    if (pairs.has(name)) return pairs.get(name) === partName;
    const [constant, partConstant] = [whole, part].map(({ g }, i) => {
      const each = i === 0 ? name : partName;
      return each === "" ? undefined : g.constantOf(g.value(each));
    });
    // Weights, and inputs, have their names.
    if (!constant || !partConstant) return name === partName;
    return isExtents || areSameConstant(constant, partConstant);
  };
  return nodes.every((node, i) => {
    const partNode = partNodes[i]!;
    const ofExtents = operator(node.op, node.domain)?.extents;
    const isSameNode =
      node.op === partNode.op &&
      node.domain === partNode.domain &&
      node.inputs.length === partNode.inputs.length &&
      node.outputs.length === partNode.outputs.length &&
      areEqual(node.attributes, partNode.attributes) &&
      node.inputs.every((name, k) => isPair(name, partNode.inputs[k]!, k === ofExtents));
    return (
      isSameNode &&
      node.outputs.every((name, k) => {
        const partName = partNode.outputs[k]!;
        if (name === "" || partName === "") return name === partName;
        pairs.set(name, partName);
        const ofEach = [a.extents.has(name), a.drawn.has(name), a.mixed.has(name)];
        if (ofEach.join() !== [b.extents.has(partName), b.drawn.has(partName), b.mixed.has(partName)].join()) return false; // prettier-ignore
        if (ofEach.includes(true)) return true;
        const [axis, partAxis] = [a.axes.get(name), b.axes.get(partName)];
        const [shape, partShape] = [whole.g.value(name).shape, part.g.value(partName).shape];
        const perExample = (extents: Value["shape"], count: number) =>
          extents?.map((extent, at) => (at === axis ? Number(extent) / count : extent));
        return axis === partAxis && areEqual(perExample(shape, a.count), perExample(partShape, b.count)); // prettier-ignore
      })
    );
  });
}

const areSameConstant = (a: Tensor, b: Tensor): boolean =>
  a.dtype === b.dtype &&
  a.shape.join() === b.shape.join() &&
  Array.from(a.data as Float32Array).every((x, i) => Object.is(x, b.data[i]));

/** Of attributes and shapes. */
const areEqual = (a: unknown, b: unknown): boolean => written(a) === written(b);

const written = (value: unknown) =>
  JSON.stringify(value, (_, each: unknown) => {
    if (typeof each === "bigint" || Object.is(each, -0) || (typeof each === "number" && !Number.isFinite(each))) return `number ${String(each)}${Object.is(each, -0) ? "-" : ""}`; // prettier-ignore
    if (ArrayBuffer.isView(each)) return Array.from(each as Float32Array, String).join();
    return each instanceof Map ? [...each] : each;
  });
