import { CajalError, showShape, sizeOf, type Tensor } from "@cajal/core";
import { checkValues } from "../checkValues";

/** A tensor `[n, …]` as n rows of features. */
export function matrix(x: Tensor, where: string, expected?: number) {
  checkValues(where, "x", x);
  const n = x.shape[0] ?? 0;
  const features = sizeOf(x.shape.slice(1));
  if (x.shape.length < 2 || (expected !== undefined && features !== expected))
    throw new CajalError(
      "bad-shape",
      `${where}: got ${showShape(x.shape)}, expected [n,${expected ?? "…"}].`,
      { shape: x.shape, expected },
    );
  const rows = Array.from({ length: n }, (_, i) =>
    Array.from({ length: features }, (_, j) => Number(x.data[i * features + j])),
  );
  return { n, features, rows };
}
