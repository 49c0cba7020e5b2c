// Dtypes on TF.js, which has only float32, int32 and bool, and whose layers compute in the dtype of their inputs.
// Inputs of layers that Keras computes in float32 are cast to it; integers are computed as int32, or as float32
// where that is exact, and wrapped to the range of their dtype after each layer.
import { CajalError, type DType } from "@cajal/core";
import type { Network } from "@cajal/models";
import type * as tfc from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import type { TfCore } from "./peers";
import type { Tfjs } from "./backend";
import { tfjsLayerOf } from "./layers";

/**
 * Makes the layers of a network cast their inputs and outputs, where these are not float32.
 *
 * @throws CajalError `unsupported` for a layer whose numbers TF.js would round
 */
export function withTypes(
  { tf }: Tfjs,
  { calls }: Network,
  layers: ReadonlyMap<string, tfl.layers.Layer>,
): void {
  const typesByPath = new Map<string, string>();
  for (const { layer, inner, inputs, outputs, dtype } of calls) {
    const { path, className } = layer;
    const { definition, config } = inner;
    if (inputs.every((input) => input.dtype === "float32")) continue;
    const types = `${inputs.map((input) => input.dtype).join(" and ")} to ${dtype}`;
    const previousTypes = typesByPath.get(path);
    if (previousTypes === types) continue;
    const where = `layer "${path}" (${className})`;
    if (previousTypes !== undefined)
      throw new CajalError(
        "unsupported",
        `${where}: it is called on ${previousTypes} and on ${types}; on TF.js a layer has one type. Use engine onnx.`,
        { layer: path },
      );
    typesByPath.set(path, types);
    const integers = dtype === "float32" ? undefined : definition.integers?.(config);
    const computesIntegers = integers === "computes" || integers === "rounds";
    const replacement = tfjsLayerOf(className);
    const bits = Number(/\d+$/.exec(dtype)?.[0] ?? 1);
    const exactType = bits <= 16 || integers === "rounds" ? "float32" : "int32";
    if (
      computesIntegers &&
      (bits > 32 || dtype === "uint32" || replacement?.isExact?.(bits, inputs.length) === false)
    )
      throw new CajalError(
        "unsupported",
        `${where}: TF.js does not compute with numbers of ${dtype} exactly. Use engine onnx.`,
        { layer: path, dtype },
      );
    const computeType = dtype === "float32" ? "float32" : computesIntegers ? exactType : "int32";
    const outputTypes = outputs.map((output) => output.dtype);
    const tfLayer = layers.get(path)!;
    const call = tfLayer.call.bind(tfLayer);
    const ofIntegers = dtype === "float32" ? undefined : replacement?.callOnIntegers;
    tfLayer.call = (values, kwargs) =>
      tf.tidy(() => {
        const cast = [values].flat().map((value) => tf.cast(value, computeType));
        const result = ofIntegers
          ? ofIntegers(cast, { tf, wrap: (x) => wrapToType(tf, x, dtype) })
          : call(cast.length === 1 ? cast[0]! : cast, kwargs);
        const results = [result]
          .flat()
          .map((each, i) =>
            (integers === "rounds" ? roundToType : wrapToType)(tf, each, outputTypes[i]!),
          );
        return results.length === 1 ? results[0]! : results;
      });
  }
}

/** Values in an integer dtype, of 32 bits at most: rounded, and those beyond its range at its ends. */
function roundToType(tf: TfCore, x: tfc.Tensor, dtype: DType): tfc.Tensor {
  const bits = Number(/\d+$/.exec(dtype)![0]);
  const minimum = dtype.startsWith("u") ? 0 : -(2 ** (bits - 1));
  return tf.cast(tf.clipByValue(tf.round(x), minimum, minimum + 2 ** bits - 1), "int32");
}

/** Values wrapped to the range of an integer dtype. */
function wrapToType(tf: TfCore, x: tfc.Tensor, dtype: DType): tfc.Tensor {
  if (dtype.startsWith("float")) return tf.cast(x, "float32");
  if (dtype === "bool") return tf.cast(x, "bool");
  const bits = Number(/\d+$/.exec(dtype)![0]);
  if (bits > 16) return tf.cast(x, "int32");
  const range = 2 ** bits;
  const minimum = dtype.startsWith("u") ? 0 : -range / 2;
  // TF.js' remainder has the sign of the divisor.
  const shifted = tf.sub(tf.cast(x, "float32"), minimum);
  const wraps = tf.floor(tf.div(shifted, range));
  return tf.cast(tf.add(tf.sub(shifted, tf.mul(wraps, range)), minimum), "int32");
}
