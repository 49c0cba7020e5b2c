import { tensor } from "@cajal/core";
import { computed, type ElementType } from "./elementType";
import { bfloat16Bytes, float16Bits } from "./halfPrecision";
import type { Initializer } from "./model";

/** A scalar constant. Throws CajalError `unsupported` for types that are only carried, but bfloat16. */
export function scalarOf(dtype: ElementType, value: number): Initializer {
  if (dtype === "float16") return tensor(dtype, [], [float16Bits(value)]);
  if (dtype === "bfloat16") return { dtype, shape: [], data: bfloat16Bytes(value) };
  return tensor(computed(dtype), [], [value]);
}
