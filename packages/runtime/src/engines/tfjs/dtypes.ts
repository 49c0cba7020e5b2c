// Types of numbers on TF.js, which has float32, int32 and bool alone, and whose layers compute in whatever
// comes in. What Keras computes in float32 is cast to it before; whole numbers are computed as int32, or
// as float32 where that is as exact, and brought to the range of their own type behind each layer.
import { CajalError, tensor, type DType, type Tensor } from "@cajal/core";
import type { Network } from "@cajal/models";
import type * as tfc from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import type { TfCore } from "./peers";
import type { Tfjs } from "./backend";
import { tfjsLayerOf } from "./layers";

/** TF.js' type for ours. */
export const tfjsType = (dtype: DType): "float32" | "int32" | "bool" =>
  dtype.startsWith("float") ? "float32" : dtype === "bool" ? "bool" : "int32";

/**
 * A tensor's numbers as TF.js takes them.
 *
 * @throws CajalError `unsupported` for float16 and for numbers beyond int32
 */
export function asTfjs(
  { dtype, data }: Tensor,
  name: string,
): {
  readonly data: Float32Array | Int32Array | Uint8Array;
  readonly dtype: "float32" | "int32" | "bool";
} {
  if (dtype === "float32" || dtype === "int32" || dtype === "bool")
    return { data: data as Float32Array | Int32Array | Uint8Array, dtype };
  if (dtype === "float16")
    throw new CajalError("unsupported", `"${name}": TF.js has no dtype float16. Use float32.`, {
      name,
      dtype,
    });
  if (dtype === "float64")
    return { data: Float32Array.from(data as Float64Array), dtype: "float32" };
  const whole = Int32Array.from(data as ArrayLike<number>, Number);
  const beyond = whole.findIndex((value, i) => Number(data[i]) !== value);
  if (beyond !== -1)
    throw new CajalError(
      "unsupported",
      `"${name}": TF.js has whole numbers of 32 bits, and element ${beyond} is ${data[beyond]}. Use engine onnx.`,
      { name, dtype, index: beyond },
    );
  return { data: whole, dtype: "int32" };
}

/**
 * A tensor as TF.js'; on its CPU both on the same memory.
 *
 * @throws CajalError as {@link asTfjs}
 */
export function toTfjs(tf: TfCore, x: Tensor, name: string): tfc.Tensor {
  const { data, dtype } = asTfjs(x, name);
  return tf.tensor(data, [...x.shape], dtype);
}

/** TF.js' numbers as a tensor of ours. */
export function fromTfjs(data: tfc.TypedArray, shape: readonly number[], dtype: DType): Tensor {
  if (dtype === "int64") return tensor("int64", shape, BigInt64Array.from(data, BigInt));
  if (dtype === "uint64") return tensor("uint64", shape, BigUint64Array.from(data, BigInt));
  return tensor(dtype, shape, data);
}

/**
 * Makes the layers of a network cast what they are given and what they give, where that is not float32.
 *
 * @throws CajalError `unsupported` for a layer whose numbers TF.js would round
 */
export function withTypes(
  { tf }: Tfjs,
  { calls }: Network,
  layers: ReadonlyMap<string, tfl.layers.Layer>,
): void {
  const done = new Map<string, string>();
  for (const { layer, inner, inputs, outputs, dtype } of calls) {
    const { path, className } = layer;
    const { definition, config } = inner;
    if (inputs.every((input) => input.dtype === "float32")) continue;
    const types = `${inputs.map((input) => input.dtype).join(" and ")} to ${dtype}`;
    const before = done.get(path);
    if (before === types) continue;
    const where = `layer "${path}" (${className})`;
    if (before !== undefined)
      throw new CajalError(
        "unsupported",
        `${where}: it is called on ${before} and on ${types}; on TF.js a layer has one type. Use engine onnx.`,
        { layer: path },
      );
    done.set(path, types);
    const computes = definition.integers?.(config) === "computes" && dtype !== "float32";
    const own = tfjsLayerOf(className);
    const bits = Number(/\d+$/.exec(dtype)?.[0] ?? 1);
    const exact = bits <= 16 ? "float32" : "int32";
    if (
      computes &&
      (bits > 32 || dtype === "uint32" || own?.exact?.(bits, inputs.length) === false)
    )
      throw new CajalError(
        "unsupported",
        `${where}: TF.js does not compute with numbers of ${dtype} exactly. Use engine onnx.`,
        { layer: path, dtype },
      );
    const work = dtype === "float32" ? "float32" : computes ? exact : "int32";
    const outputTypes = outputs.map((output) => output.dtype);
    const tfLayer = layers.get(path)!;
    const call = tfLayer.call.bind(tfLayer);
    const ofIntegers = dtype === "float32" ? undefined : own?.ofIntegers;
    tfLayer.call = (values, kwargs) =>
      tf.tidy(() => {
        const cast = [values].flat().map((value) => tf.cast(value, work));
        const result = ofIntegers
          ? ofIntegers(cast, { tf, wrap: (x) => wrapped(tf, x, dtype) })
          : call(cast.length === 1 ? cast[0]! : cast, kwargs);
        const brought = [result].flat().map((each, i) => wrapped(tf, each, outputTypes[i]!));
        return brought.length === 1 ? brought[0]! : brought;
      });
  }
}

/** Numbers in the range of a type, which whole numbers wrap around; those of resized images are rounded. */
function wrapped(tf: TfCore, x: tfc.Tensor, dtype: DType): tfc.Tensor {
  if (dtype.startsWith("float")) return tf.cast(x, "float32");
  if (dtype === "bool") return tf.cast(x, "bool");
  const whole = x.dtype === "float32" ? tf.round(x) : x;
  const bits = Number(/\d+$/.exec(dtype)![0]);
  if (bits > 16) return tf.cast(whole, "int32");
  const range = 2 ** bits;
  const least = dtype.startsWith("u") ? 0 : -range / 2;
  // TF.js' remainder has the sign of the divisor.
  const moved = tf.sub(tf.cast(whole, "float32"), least);
  const turns = tf.floor(tf.div(moved, range));
  return tf.cast(tf.add(tf.sub(moved, tf.mul(turns, range)), least), "int32");
}
