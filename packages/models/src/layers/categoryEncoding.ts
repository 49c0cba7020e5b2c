// Whole numbers as rows of zeros and ones.
// keras.io/api/layers/preprocessing_layers/categorical/category_encoding
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";
import { dense, encodeCategories, encodedShape, encodings } from "./shared/categories";

export const categoryEncoding = defineLayer({
  className: "CategoryEncoding",
  fields: {
    /** How many numbers there are: 0 to num_tokens - 1. */
    num_tokens: f.positive(),
    /** A one for the number, for each of a row's, or how often each occurs in it. */
    output_mode: f.oneOf(encodings)("multi_hot"),
    /** False; sparse tensors are refused. */
    sparse: dense,
  },
  shape: ({ num_tokens, output_mode }, [x]) => [encodedShape(output_mode, num_tokens, x)],
  integers: () => "moves",
  gives: () => "float32",
  layout: "channelsLast",
  lower: ({ num_tokens, output_mode }, [x], g, { inputs }) => [
    encodeCategories(g, x, { mode: output_mode, depth: num_tokens, shape: inputs[0] }),
  ],
  samples: [
    { config: { num_tokens: 4 }, inputs: [[2, 3]], dtype: "int32" },
    { config: { num_tokens: 3, output_mode: "one_hot" }, inputs: [[2, 3]], dtype: "int32" },
    { config: { num_tokens: 3, output_mode: "one_hot" }, inputs: [[2, 1]], dtype: "int32" },
    { config: { num_tokens: 5, output_mode: "count" }, inputs: [[2, 6]], dtype: "int32" },
  ],
});
