// The number of the range that a value lies in. keras.io/api/layers/preprocessing_layers/numerical/discretization
import { CajalError, tensor } from "@cajal/core";
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";
import { dense, encodeCategories, encodedShape, encodings } from "./shared/categories";

const boundaries = f.fieldOf<readonly number[] | null>("null or numbers that grow", (raw) => {
  if (raw === null) return null;
  const list: unknown[] = Array.isArray(raw) ? raw : [raw];
  const isIncreasing = list.every((each, i) => typeof each === "number" && (i === 0 || each >= Number(list[i - 1]))); // prettier-ignore
  return isIncreasing && list.length > 0 ? (list as number[]) : undefined;
});

export const discretization = defineLayer({
  className: "Discretization",
  fields: {
    /** Where one range ends and the next begins; Keras writes what `adapt` found. */
    bin_boundaries: boundaries(null),
    /** How many ranges `adapt` was to find; only kept. */
    num_bins: f.kept(null),
    /** How exactly; only kept. */
    epsilon: f.kept(0.01),
    /** The number itself, or a row of zeros and ones. */
    output_mode: f.oneOf(["int", ...encodings])("int"),
    /** False; sparse tensors are refused. */
    sparse: dense,
  },
  shape: ({ bin_boundaries, output_mode }, [x]) => {
    if (bin_boundaries === null)
      throw new CajalError(
        "unsupported",
        "its bin_boundaries are not in the config: adapt the layer in Keras before the model is saved",
        {},
      );
    return [output_mode === "int" ? x : encodedShape(output_mode, bin_boundaries.length + 1, x)];
  },
  gives: ({ output_mode }) => (output_mode === "int" ? "int32" : "float32"),
  layout: "channelsLast",
  lower: ({ bin_boundaries, output_mode }, [x], g, { inputs }) => {
    const [shape] = inputs;
    const bins = g.constant(tensor("float32", [bin_boundaries!.length], bin_boundaries!));
    const isAbove = g.cast(g.greaterOrEqual(g.unsqueeze(x, [shape.length]), bins), "float32");
    const number = g.cast(g.reduceSum(isAbove, { axes: [shape.length], keepdims: false }), "int32");
    if (output_mode === "int") return [number];
    return [
      encodeCategories(g, number, { mode: output_mode, depth: bin_boundaries!.length + 1, shape }),
    ];
  },
  samples: [
    { config: { bin_boundaries: [-0.5, 0, 0.5] }, inputs: [[2, 5]] },
    { config: { bin_boundaries: [0], output_mode: "one_hot" }, inputs: [[2, 3]] },
    { config: { bin_boundaries: [0, 0.5], output_mode: "multi_hot" }, inputs: [[2, 3]] },
    { config: { bin_boundaries: [0, 0.5], output_mode: "count" }, inputs: [[2, 5]] },
  ],
});
