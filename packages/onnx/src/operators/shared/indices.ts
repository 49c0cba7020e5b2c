// Indices along one axis, and indices that point into several.
import { axisOf, checkIndices, show } from "../../model/dims";
import { badShape, type InferenceContext, type Inferred } from "../operator";

/** Axis and indices of what goes along one axis. */
export function checkAlong(node: InferenceContext, { shape }: Inferred, indices: Inferred): void {
  if (!shape) return;
  const axis = axisOf(node.int("axis", 0), shape.length, shape);
  checkIndices(indices.elements, shape[axis], `axis ${axis} of ${show(shape)}`);
}

/** Indices [..., depth] whose last axis points into the axes of x after `batch` ones. */
export function checkPlaces(
  { shape }: Inferred,
  { shape: dims, elements }: Inferred,
  batch: number,
): void {
  const depth = dims?.at(-1);
  if (!shape || typeof depth !== "number") return;
  for (let k = 0; k < depth; k++)
    checkIndices(
      elements?.filter((_, i) => i % depth === k),
      shape[batch + k],
      `axis ${batch + k} of ${show(shape)}`,
    );
}

export function sameRank(x: Inferred, other: Inferred, what: string): void {
  if (x.shape && other.shape && x.shape.length !== other.shape.length)
    throw badShape(`${what} ${show(other.shape)} and data ${show(x.shape)} differ in rank.`);
}
