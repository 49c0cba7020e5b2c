import {
  type Batch,
  CajalError,
  checkInteger,
  type DType,
  showShape,
  sizeOf,
  tensor,
} from "@cajal/core";
import { checkValues } from "../checkValues";
import type { BatchContext } from "../datasetTypes";

/**
 * Labels as indicator vectors: y of class numbers `[n]` or `[n, 1]` becomes float32 `[n, classes]`,
 * 1 at the class and 0 elsewhere, as categorical cross-entropy takes it.
 *
 * @param classes number of classes
 * @throws CajalError `bad-argument` on delivery, for a label outside 0 … classes − 1
 * @example digits().map(oneHot(10))
 */
export function oneHot(classes: number) {
  checkInteger("oneHot", "classes", classes, { least: 1 });
  return <X extends DType>(
    batch: Batch<X>,
    context?: Pick<BatchContext, "tensor">,
  ): Batch<X, "float32"> => {
    const { y } = batch;
    checkValues("oneHot", "y", y);
    const n = y.shape[0] ?? 0;
    if (y.shape.length === 0 || sizeOf(y.shape) !== n)
      throw new CajalError(
        "bad-shape",
        `oneHot: got y ${showShape(y.shape)}, expected class numbers [n] or [n,1].`,
        { shape: y.shape },
      );
    const indicators = (context?.tensor ?? tensor)("float32", [n, classes]);
    const hot = indicators.data.fill(0);
    y.data.forEach((value: number | bigint, i: number) => {
      const label = Number(value);
      if (!Number.isInteger(label) || label < 0 || label >= classes)
        throw new CajalError(
          "bad-argument",
          `oneHot: got label ${label}, expected a whole number in 0 … ${classes - 1}.`,
          { label, classes },
        );
      hot[i * classes + label] = 1;
    });
    return { ...batch, y: indicators };
  };
}
