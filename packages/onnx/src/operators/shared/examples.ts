// Where the examples of a batch lie in what an operator gives, as long as each is made of its own alone: the rules that
// several operators have in common.
import { axesOf, axisOf, isStatic } from "../../model/dims";
import type { ExamplesContext, ExamplesRule, Inferred } from "../operator";
import { listOf } from "./lists";

/** Element by element: axes are counted from the last, and what is the same for all examples has one element there. */
export const elementByElement: ExamplesRule = ({ inputs, axes, drawn, results: [result] }) => {
  const { length } = result!;
  const fromLast = inputs.flatMap((input, i) =>
    axes[i] === undefined ? [] : [axes[i] - input!.shape!.length],
  );
  const [axis] = fromLast;
  const isSame = fromLast.every((each) => each === axis);
  const isBroadcast = inputs.every(
    (input, i) => axes[i] !== undefined || drawn[i] || !input || isSameAlong(input, axis!),
  );
  return isSame && isBroadcast ? length + axis! : undefined;
};

/** Whether a value that is broadcast has no more than one element along an axis, which is counted from the last. */
export const isSameAlong = ({ shape }: Inferred, fromLast: number): boolean =>
  shape!.length < -fromLast || shape!.at(fromLast) === 1;

/** Random numbers in the shape of an input; those of a seed of its own are the same in each part of a batch. */
export const drawnForEach: ExamplesRule = (node) =>
  node.attribute("seed") ? undefined : elementByElement(node);

/** The axis of the first input stays, unless the operator works along it; other inputs are the same for all examples. */
export const exceptAlong =
  (worksAlong: (node: ExamplesContext) => readonly number[] | undefined): ExamplesRule =>
  (node) => {
    const [axis, ...others] = node.axes;
    if (axis === undefined || others.some((other) => other !== undefined)) return undefined;
    const along = worksAlong(node);
    return along && !along.includes(axis) ? axis : undefined;
  };

/** As in images: examples along the first axis, and the operator works along all the others. */
export const alongFirst: ExamplesRule = exceptAlong(({ inputs: [x] }) =>
  x.shape!.map((_, axis) => axis).slice(1),
);

/** Along attribute `axis` of the first input. */
export const exceptAxis = (absent: number): ExamplesRule =>
  exceptAlong((node) => [attributeAxis(node, absent)]);

export const attributeAxis = (node: ExamplesContext, absent: number): number =>
  axisOf(node.int("axis", absent), node.inputs[0].shape!.length);

/** Axes that are an attribute or an input, which is known; all of them where there are none. */
export function statedAxes(node: ExamplesContext, input: number): readonly number[] | undefined {
  const { length } = node.inputs[0].shape!;
  const list = node.inputs[input] || node.ints("axes") ? listOf(node, input, "axes") : Array.from({ length }, (_, i) => i); // prettier-ignore
  return isStatic(list) ? axesOf(list, length) : undefined;
}

/**
 * Elements in their order, in another shape. Where examples lie along the first axis each has a part of that order, of
 * one length, and they may share an axis with others, as in [examples · steps, features].
 */
export const inOrder: ExamplesRule = ({ inputs: [x], axes: [axis], results: [result], count }) => {
  const { shape } = x;
  const before = product(shape!.slice(0, axis));
  const at = result!.findIndex(
    (extent, i) =>
    product(result!.slice(0, i)) === before && (before === 1 ? extent % count === 0 : extent === shape![axis!]), // prettier-ignore
  );
  return at < 0 ? undefined : at;
};

const product = (extents: readonly unknown[]) =>
  extents.reduce<number>((size, extent) => size * Number(extent), 1);
