import type { Value } from "../../graph/builder";
import { convolutionBetween, type Convolution } from "../../graph/convolution";
import type { GradientContext } from "../gradient";
import { staticShape } from "./sumTo";

/** The convolution that a node computes from an image `x` with kernel `w` to `y`. */
export const convolutionOf = (
  context: GradientContext,
  x: Value,
  w: Value,
  y: Value,
): Convolution => {
  const [image, kernel, result] = [x, w, y].map((value) => staticShape(value, "of a convolution"));
  return convolutionBetween(context, image!, kernel!, result!);
};
