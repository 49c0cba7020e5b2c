// What pools of windows have in common: fields, shapes and the attributes of ONNX' operators.
import { CajalError, type DType } from "@cajal/core";
import type { GraphBuilder, Value } from "@cajal/onnx";
import type { KerasShape } from "../definition/shape";
import { cast } from "./integers";
import * as f from "../definition/fields";
import type { Borders } from "../definition/fields";
import { padAttributes, slide, upToLastWindow, windows } from "./windows";

const layouts = {
  padding: f.oneOf(["valid", "same"])("valid"),
  data_format: f.dataFormat("channels_last"),
};

export const poolFields1d = {
  pool_size: f.single([2]),
  strides: f.singleOrNone(null),
  ...layouts,
};

export const poolFields2d = {
  pool_size: f.pair([2, 2]),
  strides: f.pairOrNone(null),
  ...layouts,
};

export const poolFields3d = {
  pool_size: f.triple([2, 2, 2]),
  strides: f.tripleOrNone(null),
  ...layouts,
};

interface PoolConfig {
  readonly pool_size: readonly number[];
  readonly strides: readonly number[] | null;
  readonly padding: "valid" | "same";
}

/** By default windows lie side by side. */
const stridesOf = ({ strides, pool_size }: PoolConfig) => strides ?? pool_size;

const axesOf = (config: PoolConfig) =>
  slide(config.pool_size, { ...config, strides: stridesOf(config) });

/** [batch, ...windows, channels] */
export const pooledShape = (config: PoolConfig, x: KerasShape): KerasShape => [
  x[0]!,
  ...axesOf(config).map((axis, i) => windows(x[i + 1]!, axis)),
  x.at(-1)!,
];

/** For MaxPool and AveragePool over `x`, a Keras shape; `padding`: see `LowerContext`. */
export const poolAttributes = (config: PoolConfig, x: KerasShape, padding?: Borders) => ({
  kernel_shape: config.pool_size,
  strides: stridesOf(config),
  ...padAttributes(x.slice(1, -1), axesOf(config), padding),
});

/** What the windows reach of a value of the Keras shape `shape`, channels first. */
export const pooled = (config: PoolConfig, x: Value, g: GraphBuilder, shape: KerasShape): Value =>
  upToLastWindow(g, x, shape.slice(1, -1), axesOf(config));

/**
 * What MaxPool takes: ONNX Runtime's has no whole numbers of 32 bits, but numbers of float32 and float64
 * that are as exact.
 *
 * @throws CajalError `unsupported` for 64 bits
 */
export function poolable(g: GraphBuilder, x: Value, dtype: DType): Value {
  if (dtype === "int64")
    throw new CajalError("unsupported", "a pool of int64 values; use an Input of dtype int32", {
      dtype,
    });
  if (dtype === "float32") return x;
  return cast(g, x, dtype.endsWith("32") ? "float64" : "float32");
}
