// Arithmetic with shapes that are known only in part: extents may be numbers, names of free axes, or unknown.
import { showShape, sizeOf, type Tensor } from "@cajal/core";
import type { ElementType } from "./elementType";
import type { Dim } from "./model";
import { badShape, type Inferred } from "./inferred";

export type Dims = readonly Dim[] | undefined;

/** Whether all extents of a shape are known. */
export function isStatic(shape: Dims): shape is readonly number[] {
  return shape !== undefined && shape.every((extent) => typeof extent === "number");
}

/** Number of elements of a shape, where all of its extents are known. */
export function staticSize(shape: Dims): number | undefined {
  return isStatic(shape) ? sizeOf(shape) : undefined;
}

/** `[batch,3,?]`; "unknown" where not even the rank is known. */
export const show = (shape: Dims) => (shape ? showShape(shape) : "unknown");

/**
 * Shape of what two shapes broadcast to (NumPy's rule). A free axis against a known extent above 1
 * takes the extent; two free axes of different names give an unknown one.
 *
 * @throws CajalError `bad-shape` when they do not fit
 */
export function broadcast(a: Dims, b: Dims): Dims {
  if (!a || !b) return undefined;
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const ai = i - (rank - a.length);
    const bi = i - (rank - b.length);
    const x = ai < 0 ? 1 : a[ai];
    const y = bi < 0 ? 1 : b[bi];
    if (x === y) return x;
    if (x === 1) return y;
    if (y === 1) return x;
    if (typeof x === "number" && typeof y === "number")
      throw badShape(`shapes ${showShape(a)} and ${showShape(b)} do not broadcast.`, { a, b });
    return typeof x === "number" ? x : typeof y === "number" ? y : undefined;
  });
}

/**
 * An axis counted from the front.
 *
 * @throws CajalError `bad-shape` when the axis is not in −rank … rank−1
 */
export function axisOf(axis: number, rank: number, shape?: Dims): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank)
    throw badShape(
      `axis ${axis} is outside of ${shape ? `shape ${showShape(shape)}` : `rank ${rank}`}.`,
      { axis, rank, shape },
    );
  return axis < 0 ? axis + rank : axis;
}

/** Axes counted from the front, each once. */
export function axesOf(axes: readonly number[], rank: number, shape?: Dims): number[] {
  const positive = axes.map((axis) => axisOf(axis, rank, shape));
  if (new Set(positive).size !== positive.length)
    throw badShape(`axes [${axes.join()}] name an axis twice.`, { axes, shape });
  return positive;
}

/** `factor` times free axes, as a name has it: "4*batch" is of PyTorch's exporter, too. */
interface Monomial {
  readonly factor: number;
  readonly names: readonly string[];
}

/** Undefined where an extent is unknown. */
function monomial(dims: readonly Dim[]): Monomial | undefined {
  let factor = 1;
  const names: string[] = [];
  for (const dim of dims) {
    if (dim === undefined) return undefined;
    for (const part of typeof dim === "string" ? dim.split("*") : [dim])
      if (typeof part === "number" || /^\d+$/.test(part)) factor *= Number(part);
      else names.push(part);
  }
  return { factor, names: names.sort() };
}

/** Products of more free axes are not followed: a graph may square one again and again. */
const mostNames = 16;

function dimOf({ factor, names }: Monomial): Dim {
  if (names.length > mostNames) return undefined;
  if (names.length === 0 || factor === 0) return factor;
  return [...(factor === 1 ? [] : [factor]), ...names].join("*");
}

/** The product of extents; free axes give names such as "4*batch". */
export function multiply(dims: readonly Dim[]): Dim {
  if (dims.includes(0)) return 0;
  const product = monomial(dims);
  return product && dimOf(product);
}

/** `product(whole) / product(part)`; free axes that stand in both cancel. Unknown where it cannot be told. */
export function divide(whole: readonly Dim[], part: readonly Dim[]): Dim {
  const [dividend, divisor] = [monomial(whole), monomial(part)];
  if (!dividend || !divisor) return undefined;
  const names = [...dividend.names];
  for (const name of divisor.names) {
    const at = names.indexOf(name);
    if (at < 0) return undefined;
    names.splice(at, 1);
  }
  const factor = dividend.factor / divisor.factor;
  return Number.isInteger(factor) ? dimOf({ factor, names }) : undefined;
}

/**
 * What two statements on the same extent say together; a number says most, then a name.
 *
 * @throws CajalError `bad-shape` when they contradict each other
 */
export function unify(a: Dim, b: Dim, what: () => string): Dim {
  if (typeof a === "number" && typeof b === "number" && a !== b)
    throw badShape(`${what()}: got ${a} and ${b}, expected equal extents.`, { a, b });
  return typeof a === "number" ? a : typeof b === "number" ? b : (a ?? b);
}

/** {@link unify} for whole shapes. */
export function unifyShapes(a: Dims, b: Dims, what: string): Dims {
  if (!a || !b) return a ?? b;
  if (a.length !== b.length)
    throw badShape(`${what}: got shapes ${showShape(a)} and ${showShape(b)}.`, { a, b });
  return a.map((dim, i) =>
    unify(dim, b[i], () => `${what}, axis ${i} of ${showShape(a)} and ${showShape(b)}`),
  );
}

/** The least that two shapes have in common: where they differ, nothing is known. */
export function commonShape(a: Dims, b: Dims): Dims {
  if (!a || !b || a.length !== b.length) return undefined;
  return a.map((dim, i) => (dim === b[i] ? dim : undefined));
}

/** All elements as numbers, where all are known. */
export function numbersOf(value: Inferred | undefined): readonly number[] | undefined {
  return isStatic(value?.elements) ? value.elements : undefined;
}

/**
 * Checks indices into an axis, as far as they are known; those below 0 count from the back.
 *
 * @throws CajalError `bad-shape`
 */
export function checkIndices(indices: readonly Dim[] | undefined, extent: Dim, what: string): void {
  if (typeof extent !== "number") return;
  for (const i of indices ?? [])
    if (typeof i === "number" && (i < -extent || i >= extent))
      throw badShape(`index ${i} is outside of ${what}, which has ${extent}.`, {
        index: i,
        extent,
      });
}

/** Followed elements in another order: `source` tells for an index of the result where it comes from. */
export function rearrangeElements(
  elements: Dims,
  from: Dims,
  to: Dims,
  source: (index: readonly number[]) => readonly number[],
): Dims {
  if (!elements || !isStatic(from) || !isStatic(to) || sizeOf(to) > maxElements) return undefined;
  return Array.from({ length: sizeOf(to) }, (_, flat) => {
    let rest = flat;
    const index = to.toReversed().map((extent) => {
      const at = rest % extent;
      rest = (rest - at) / extent;
      return at;
    });
    return elements[source(index.toReversed()).reduce((at, i, axis) => at * from[axis]! + i, 0)];
  });
}

/** So many unknown extents or elements; unknown altogether where a file asks for absurdly many. */
export function unknowns(count: Dim): readonly undefined[] | undefined {
  return typeof count === "number" && count <= maxElements
    ? Array<undefined>(count).fill(undefined)
    : undefined;
}

/** Tensors of up to so many elements are followed by value: shapes, axes, indices of shapes. */
export const maxElements = 256;

/** The numbers of a small tensor. */
export function elementsOf(
  dtype: ElementType,
  data: Tensor["data"],
): readonly number[] | undefined {
  if (data.length > maxElements || dtype === "float16") return undefined;
  return Array.from(data as ArrayLike<number | bigint>, Number);
}
