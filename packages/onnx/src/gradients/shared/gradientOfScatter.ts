// What the gradients of the Scatter operators share: what becomes of an element x and of the updates u that
// went to its place.
import { CajalError } from "@cajal/core";
import type { GraphBuilder, Value } from "../../graph/builder";
import type { Gradient, GradientContext } from "../gradient";

/** How the operator places, and reads what lies in the places. */
interface Places {
  scatter(data: Value, updates: Value, reduction?: "none" | "add" | "mul"): Value;
  gather(data: Value): Value;
}

/** The gradient of a Scatter operator. */
export const gradientOfScatter =
  (
    placesOf: (context: GradientContext<3>, g: GraphBuilder) => Places,
  ): Gradient<3, 1>["gradient"] =>
  ([dy], context, g) => {
    const { wants, node, string } = context;
    const reduction = string("reduction", "none");
    const rule = rules[reduction];
    if (!rule) throw new CajalError("unsupported", `reduction ${reduction} has no gradient; those that have one are ${Object.keys(rules).join(", ")}.`, { node: node.name, op: node.op, reduction }); // prettier-ignore
    const [dx, du] = rule(dy, context, placesOf(context, g), g);
    return [wants(0) ? dx() : undefined, undefined, wants(2) ? du() : undefined];
  };

type Rule = (
  dy: Value,
  context: GradientContext<3>,
  places: Places,
  g: GraphBuilder,
) => readonly [dx: () => Value, du: () => Value];

/**
 * y = max(x, u₁, u₂, …): dy goes to where the extremum was found, in equal parts where it was found several times
 * (as in ReduceMax; torch.scatter_reduce does so too).
 */
const extremum: Rule = (dy, { inputs: [x, , u], outputs: [y] }, { scatter, gather }, g) => {
  const isEqual = (value: Value, at: Value) => g.cast(g.equal(value, at), dy.dtype);
  const [isKept, isUpdate] = [isEqual(x, y!), isEqual(u, gather(y!))];
  const dyPerExtremum = g.div(dy, scatter(isKept, isUpdate, "add"));
  return [() => g.mul(dyPerExtremum, isKept), () => g.mul(gather(dyPerExtremum), isUpdate)];
};

const rules: Readonly<Record<string, Rule>> = {
  // What is replaced gets nothing; an update gets dy of where it went. (No place is replaced twice: ONNX leaves open
  // which update would stay.)
  none: (dy, { inputs: [, , u] }, { scatter, gather }, g) => [
    () => scatter(dy, g.expand(g.scalar(dy.dtype, 0), g.shape(u))),
    () => gather(dy),
  ],
  add: (dy, _, { gather }) => [() => dy, () => gather(dy)],
  // y = x u₁ u₂ …: dy times all the others, without those that are 0 where one is left out.
  mul: (dy, { inputs: [x, , u] }, { scatter, gather }, g) => {
    const isZero = (value: Value) => g.equal(value, 0);
    const count = (value: Value) => g.cast(isZero(value), dy.dtype);
    const duOfProduct = () => {
      const zeros = gather(scatter(count(x), count(u), "add"));
      const zerosAsOnes = (value: Value) => g.where(isZero(value), 1, value);
      const product = gather(g.mul(dy, scatter(zerosAsOnes(x), zerosAsOnes(u), "mul")));
      const otherZeros = g.sub(zeros, count(u));
      return g.where(g.equal(otherZeros, 0), g.div(product, zerosAsOnes(u)), 0);
    };
    const ones = () => g.expand(g.scalar(dy.dtype, 1), g.shape(x));
    return [() => g.mul(dy, scatter(ones(), u, "mul")), duOfProduct];
  },
  max: extremum,
  min: extremum,
};
