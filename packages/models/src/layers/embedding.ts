// A row of a table for each whole number, embeddings [input_dim, output_dim].
// keras.io/api/layers/core_layers/embedding
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";
import { cast } from "./shared/integers";
import { trainable, weightFields } from "./definition/weightFields";

export const embedding = defineLayer({
  className: "Embedding",
  fields: {
    /** Number of rows: indices are 0 … input_dim − 1. */
    input_dim: f.positive(),
    /** Length of a row, what an index becomes. */
    output_dim: f.positive(),
    ...weightFields("embeddings", "uniform"),
    /** Whether index 0 means that nothing is there. */
    mask_zero: f.flag(false),
    /** Number of indices of an example, where that is fixed. */
    input_length: f.kept(null),
  },
  shape: ({ output_dim }, [x]) => [[...x, output_dim]],
  weights: (config) => [trainable(config, "embeddings", [config.input_dim, config.output_dim])],
  quantizes: ({ input_dim, output_dim }) => ({
    weight: "embeddings",
    matrix: [input_dim, output_dim],
    along: 0,
    scale: [input_dim],
    scaleSteps: [{ reshape: [input_dim, 1] }],
  }),
  mask: { makes: ({ mask_zero }) => (mask_zero ? { value: 0, features: false } : undefined) },
  integers: () => "moves",
  gives: () => "float32",
  indices: ({ input_dim }) => input_dim,
  inputType: "int32",
  layout: "channelsLast",
  lower: (_, [x], g, { weight }) => {
    const indices = x.dtype === "int64" ? x : cast(g, x, "int32");
    return [g.gather(weight("embeddings"), indices, { axis: 0 })];
  },
  samples: [
    { config: { input_dim: 7, output_dim: 3 }, inputs: [[2, 4]], dtype: "int32" },
    { config: { input_dim: 3, output_dim: 2 }, inputs: [[2, 3, 2]], dtype: "int32" },
  ],
});
