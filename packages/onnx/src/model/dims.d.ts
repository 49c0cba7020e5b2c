import { type Tensor } from "@cajal/core";
import type { ElementType } from "./elementType";
import type { Dim } from "./model";
import { type Inferred } from "../operators/operator";
export type Dims = readonly Dim[] | undefined;
/** Whether all extents of a shape are known. */
export declare function isKnown(shape: Dims): shape is readonly number[];
/** Number of elements of a shape, where all of its extents are known. */
export declare function knownSize(shape: Dims): number | undefined;
/** `[batch,3,?]`; "unknown" where not even the rank is known. */
export declare const show: (shape: Dims) => string;
/**
 * Shape of what two shapes broadcast to (NumPy's rule). A free axis against a known extent above 1
 * takes the extent; two free axes of different names give an unknown one.
 *
 * @throws CajalError `bad-shape` when they do not fit
 */
export declare function broadcast(a: Dims, b: Dims): Dims;
/**
 * An axis counted from the front.
 *
 * @throws CajalError `bad-shape` when the axis is not in −rank … rank−1
 */
export declare function axisOf(axis: number, rank: number, shape?: Dims): number;
/** Axes counted from the front, each once. */
export declare function axesOf(axes: readonly number[], rank: number, shape?: Dims): number[];
/** The product of extents; free axes give names such as "4*batch". */
export declare function multiply(dims: readonly Dim[]): Dim;
/** `product(whole) / product(part)`; free axes that stand in both cancel. Unknown where it cannot be told. */
export declare function divide(whole: readonly Dim[], part: readonly Dim[]): Dim;
/**
 * What two statements on the same extent say together; a number says most, then a name.
 *
 * @throws CajalError `bad-shape` when they contradict each other
 */
export declare function unify(a: Dim, b: Dim, what: () => string): Dim;
/** {@link unify} for whole shapes. */
export declare function unifyShapes(a: Dims, b: Dims, what: string): Dims;
/** The least that two shapes have in common: where they differ, nothing is known. */
export declare function commonShape(a: Dims, b: Dims): Dims;
/** All elements as numbers, where all are known. */
export declare function numbersOf(value: Inferred | undefined): readonly number[] | undefined;
/**
 * Checks indices into an axis, as far as they are known; those below 0 count from the back.
 *
 * @throws CajalError `bad-shape`
 */
export declare function checkIndices(indices: readonly Dim[] | undefined, extent: Dim, what: string): void;
/** Followed elements in another order: `source` tells for an index of the result where it comes from. */
export declare function rearrange(elements: Dims, from: Dims, to: Dims, source: (index: readonly number[]) => readonly number[]): Dims;
/** So many unknown extents or elements; unknown altogether where a file asks for absurdly many. */
export declare function unknowns(count: Dim): readonly undefined[] | undefined;
/** Tensors of up to so many elements are followed by value: shapes, axes, indices of shapes. */
export declare const followed = 256;
/** The numbers of a small tensor. */
export declare function elementsOf(dtype: ElementType, data: Tensor["data"]): readonly number[] | undefined;
