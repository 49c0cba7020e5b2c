// Element types of a layer's inputs and outputs, as Keras 3 has them: numbers that are not whole become
// float32, the type that layers compute in, and whole numbers too unless the layer says otherwise.
// Keras: keras/src/dtype_policies/dtype_policy.py, convert_input; keras/src/backend/common/dtypes.py.
import { CajalError, type DType } from "@cajal/core";
import {
  computed,
  isDType,
  type ElementType,
  type GraphBuilder,
  type Value,
} from "@cajal/onnx/builder";
import type { Integers } from "../definition/integers";
import type { InnerLayer } from "../definition/layer";

/** Whole numbers by their width in bits; truth values are less than all. */
const widths: ReadonlyMap<DType, { readonly signed: boolean; readonly bits: number }> = new Map([
  ["uint8", { signed: false, bits: 8 }],
  ["uint16", { signed: false, bits: 16 }],
  ["uint32", { signed: false, bits: 32 }],
  ["uint64", { signed: false, bits: 64 }],
  ["int8", { signed: true, bits: 8 }],
  ["int16", { signed: true, bits: 16 }],
  ["int32", { signed: true, bits: 32 }],
  ["int64", { signed: true, bits: 64 }],
]);

/** What a layer with this config does with whole numbers. */
export const integersOf = ({ definition, config }: InnerLayer): Integers | undefined =>
  definition.integers?.(config);

/**
 * The type that a layer computes in, its inputs cast to it, and the type of its outputs.
 *
 * @throws CajalError `unsupported` where no type holds the inputs, or Keras does not compute with it either
 */
export function elementTypes(
  layer: InnerLayer,
  inputs: readonly DType[],
): { readonly computed: DType; readonly output: DType } {
  const integers = integersOf(layer);
  const computed = integers ? inputs.reduce(promoteTypes, "bool") : "float32";
  if (integers === "refuses" && computed !== "float32")
    throw new CajalError(
      "unsupported",
      `Keras makes ${computed} of what it computes here, which leaves nothing of it; put a Rescaling before it, or use an Input of dtype float32`,
      { dtype: computed },
    );
  if (
    (integers === "computes" || integers === "rounds") &&
    (computed === "bool" || computed === "uint64")
  )
    throw new CajalError(
      "unsupported",
      `it does not compute with ${computed}; cast the inputs, or use an Input of another dtype`,
      { dtype: computed },
    );
  return { computed, output: layer.definition.gives?.(layer.config) ?? computed };
}

/** The type that holds the values of both. */
function promoteTypes(a: DType, b: DType): DType {
  const [x, y] = [widths.get(a), widths.get(b)];
  if (a === b && x) return a;
  if (!x && a !== "bool") return "float32";
  if (!y) return b === "bool" ? a : "float32";
  if (!x) return b;
  const bits =
    x.signed === y.signed
      ? Math.max(x.bits, y.bits)
      : Math.max(x.signed ? x.bits : 2 * x.bits, y.signed ? y.bits : 2 * y.bits);
  if (bits > 64)
    throw new CajalError("unsupported", `no type holds the values of both ${a} and ${b}`, {
      dtypes: [a, b],
    });
  return `${x.signed || y.signed ? "" : "u"}int${bits as 8 | 16 | 32 | 64}`;
}

/** Whether these are whole numbers or truth values. */
export const isInteger = (dtype: ElementType): boolean =>
  dtype === "bool" || (isDType(dtype) && widths.has(dtype));

/**
 * The type in which a graph computes with them: ONNX Runtime's arithmetic has 32 and 64 bits. What is
 * cast back to fewer bits wraps around as arithmetic in these would.
 */
const widenType = (dtype: DType): DType => {
  if (!isInteger(dtype)) return dtype;
  return (widths.get(dtype)?.bits ?? 1) > 32 || dtype === "uint32" ? "int64" : "int32";
};

/** The values in the type in which a graph computes with them. */
export const widenValue = (g: GraphBuilder, x: Value, dtype: DType = computed(x.dtype)): Value =>
  cast(g, x, widenType(dtype));

/** The value in another type; itself where that is its own. */
export const cast = (g: GraphBuilder, x: Value, dtype: ElementType): Value =>
  x.dtype === dtype ? x : g.cast(x, dtype);

/** What is computed of whole numbers in float32 as one of these: halves to even, and no farther than its type goes. */
export function rounded(g: GraphBuilder, x: Value, dtype: DType): Value {
  const width = widths.get(dtype);
  if (!width) return x;
  const { bits, signed } = width;
  // float32 does not hold the greatest numbers of more bits.
  if (bits > 16) return g.round(x);
  const least = signed ? -(2 ** (bits - 1)) : 0;
  return g.clip(g.round(x), { min: least, max: least + 2 ** bits - 1 });
}
