// Where a model's input comes in. `batch_input_shape` (Keras 2, TF.js) or `batch_shape` (Keras 3).
import { defineLayer } from "./definition/layer";
import { dtypes, type DType } from "@cajal/core";
import { fieldOf, flag } from "./definition/fields";
import type { KerasShape } from "./definition/shape";

const batchShape = fieldOf<KerasShape>("a shape with the batch first, null where free", (raw) => {
  if (!Array.isArray(raw)) return undefined;
  const list: unknown[] = raw;
  return list.every(
    (extent): extent is number | null =>
      extent === null ||
      (typeof extent === "number" && Number.isInteger(extent) && extent > 0 && extent < 2 ** 31),
  )
    ? list
    : undefined;
});

const elementType = fieldOf<DType>(`an element type: ${dtypes.join(", ")}`, (raw) =>
  dtypes.find((dtype) => dtype === raw),
);

export const inputLayer = defineLayer({
  className: "InputLayer",
  fields: {
    /** Shape with the batch first, null where free: `[null, 28, 28, 1]`. Keras 3 calls it `batch_shape`. */
    batch_input_shape: batchShape(),
    /** Element type of what the model is fed. */
    dtype: elementType("float32"),
    /** Only kept: inputs are dense here. */
    sparse: flag(false),
    /** Only kept: inputs are dense here. */
    ragged: flag(false),
  },
  aliases: { batch_shape: "batch_input_shape" },
  arity: [0, 0],
  isInput: true,
  gives: ({ dtype }) => dtype,
  shape: ({ batch_input_shape }) => [batch_input_shape],
  layout: "any",
  lower: () => [], // the driver binds the graph's inputs
  samples: [{ config: { batch_input_shape: [null, 4, 5, 3] }, inputs: [] }],
});
