// What pools of windows have in common: fields, shapes and the attributes of ONNX' operators.
import type { KerasShape } from "../../keras/config";
import * as f from "../definition/fields";
import type { Borders } from "../definition/fields";
import { padAttributes, slide, windows } from "./windows";

const both = {
  padding: f.oneOf(["valid", "same"])("valid"),
  data_format: f.dataFormat("channels_last"),
};

export const poolFields1d = {
  pool_size: f.single([2]),
  strides: f.singleOrNone(null),
  ...both,
};

export const poolFields2d = {
  pool_size: f.pair([2, 2]),
  strides: f.pairOrNone(null),
  ...both,
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
