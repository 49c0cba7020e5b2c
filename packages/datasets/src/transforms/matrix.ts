import { CajalError, checkTensor, showShape, sizeOf, type Tensor } from "@cajal/core";

/** A tensor `[n, …]` as n rows of features. */
export function matrix(x: Tensor, where: string, expected?: number) {
  checkTensor(x, where);
  const n = x.shape[0] ?? 0;
  const features = sizeOf(x.shape.slice(1));
  if (x.shape.length < 2 || (expected !== undefined && features !== expected))
    throw new CajalError(
      "bad-shape",
      `${where}: got ${showShape(x.shape)}, expected [n,${expected ?? "…"}].`,
      { shape: x.shape, expected },
    );
  if (x.dtype === "float16")
    throw new CajalError(
      "unsupported",
      `${where}: got dtype float16, which is stored as bits; expected another number type.`,
    );
  const rows = Array.from({ length: n }, (_, i) =>
    Array.from({ length: features }, (_, j) => Number(x.data[i * features + j])),
  );
  return { n, features, rows };
}
