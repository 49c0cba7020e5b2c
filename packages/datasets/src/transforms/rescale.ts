import { type Batch, CajalError, type DType, showValue, tensor } from "@cajal/core";
import { checkValues } from "../checkValues";
import type { BatchContext } from "../datasetTypes";

/**
 * x · scale + offset as float32, like Keras' `Rescaling` layer; computed in float64, rounded once.
 *
 * @param scale e.g. 1/255 for bytes to 0 … 1
 * @param offset added after scaling, default 0; `rescale(1 / 127.5, -1)` gives −1 … 1
 */
export function rescale(scale: number, offset = 0) {
  if (!Number.isFinite(scale) || !Number.isFinite(offset))
    throw new CajalError(
      "bad-argument",
      `rescale: got ${showValue(scale)} as scale and ${showValue(offset)} as offset, expected finite numbers: data.map(rescale(1 / 255)).`,
      { scale, offset },
    );
  return <Y extends DType>(
    batch: Batch<DType, Y>,
    context?: Pick<BatchContext, "tensor">,
  ): Batch<"float32", Y> => {
    const { x } = batch;
    checkValues("rescale", "x", x);
    const scaled = (context?.tensor ?? tensor)("float32", x.shape);
    const { data } = scaled;
    if (x.dtype === "uint8") {
      // Of bytes there are 256.
      const bytes = x.data as Uint8Array;
      const byByte = Float32Array.from({ length: 256 }, (_, byte) => byte * scale + offset);
      for (let i = 0; i < data.length; i++) data[i] = byByte[bytes[i]!]!;
    } else for (let i = 0; i < data.length; i++) data[i] = Number(x.data[i]) * scale + offset;
    return { ...batch, x: scaled };
  };
}
