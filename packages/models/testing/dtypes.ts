// What Keras makes of inputs that are not float32, for the tests of both engines.
import { readFileSync } from "node:fs";
import { tensor, type DType, type Tensor } from "@cajal/core";

export interface Numbers {
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly data: readonly number[];
}

export interface DTypeCase extends Partial<Numbers> {
  readonly class_name: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly inputs: readonly Numbers[];
  /** Keras refuses such inputs, with TensorFlow beneath it. */
  readonly refused?: true;
}

export const dtypeCases: readonly DTypeCase[] = JSON.parse(
  readFileSync(new URL("../fixtures/dtypes.json", import.meta.url), "utf8"),
);

/** The weights that the fixtures were made with: number `k` of the layer. */
export function fixtureWeight(shape: readonly number[], k: number, positive: boolean): Tensor {
  const length = shape.reduce((size, extent) => size * extent, 1);
  const data = Float32Array.from(
    { length },
    (_, i) => (((i * 5 + k * 3) % 11) - 5) / 16 + (positive ? 1 : 0),
  );
  return tensor("float32", shape, data);
}

/** Numbers as a tensor of their type. */
export function ofNumbers({ shape, dtype, data }: Numbers): Tensor {
  return dtype === "int64"
    ? tensor("int64", shape, BigInt64Array.from(data, BigInt))
    : tensor(dtype, shape, data);
}

export const nameOf = ({ class_name, config, inputs }: DTypeCase): string =>
  `${class_name} ${JSON.stringify(config)} of ${inputs.map(({ dtype }) => dtype).join(" and ")}`;
