// Whether the examples of a batch stay apart in a graph: whether what it gives for one depends on the others.
import { checkArgument, checkOptions, optionsOf } from "@cajal/core";
import { checkBuilder, checkValue } from "./graph/checkValue";
import type { GraphBuilder, Value } from "./graph/builder";
import { contextOf } from "./graph/infer";
import { opsetOf } from "./graph/inlineCalls";
import { isStatic } from "./model/dims";
import type { Node } from "./model/model";
import { capturesIn } from "./model/topologicalOrder";
import { operator } from "./operators";

/** Values that a batch gives to a graph. */
export interface BatchValues {
  /** With the examples along their first axis. */
  readonly examples: readonly Value[];
  /** Of which random numbers are made, each batch its own. */
  readonly drawn?: readonly Value[];
}

/**
 * Whether each of `outputs` has the examples of the batch along its first axis, and an example's part there depends on
 * that example and on values that are the same for all, and on neither the other examples nor its place among them. So a
 * batch may be computed in parts. All extents have to be known, the batch's too.
 *
 * @returns false where it is not so, or cannot be told: for operators that are not known, and those with graphs inside
 * @throws CajalError `bad-argument` for a value that is not a graph or not one of its values
 */
export function keepsExamplesApart(
  g: GraphBuilder,
  outputs: readonly Value[],
  values: BatchValues,
): boolean {
  checkBuilder("keepsExamplesApart", g);
  checkArgument("keepsExamplesApart", "outputs", outputs, "array");
  checkOptions("keepsExamplesApart", values, optionsOf<BatchValues>({ examples: "array", drawn: "array" })); // prettier-ignore
  const { examples, drawn = [] } = values;
  checkArgument("keepsExamplesApart", "examples", examples, "array");
  for (const value of [...outputs, ...examples, ...drawn]) checkValue("keepsExamplesApart", value);
  const [count] = examples[0]?.shape ?? [];
  if (typeof count !== "number" || count < 2) return false;
  if (examples.some(({ shape }) => shape?.[0] !== count)) return false;

  const known: Known = {
    count,
    axes: new Map(examples.map(({ name }) => [name, 0])),
    drawn: new Set(drawn.map(({ name }) => name)),
    extents: new Set(),
    mixed: new Set(),
  };
  for (const node of g.nodes) follow(g, node, known);
  return outputs.every(({ name, shape }) => known.axes.get(name) === 0 && shape?.[0] === count);
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
  } else if (inputs.some((name) => drawn.has(name))) addTo(drawn);
  else if (inputs.some((name) => extents.has(name))) addTo(extents);
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
