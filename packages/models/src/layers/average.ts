// The mean of the inputs, element by element. keras.io/api/layers/merging_layers/average
import { cast } from "./shared/integers";
import { merging } from "./shared/merging";

export const average = merging(
  "Average",
  (inputs, g, { dtype }) => {
    const sum = inputs.reduce((a, b) => g.add(a, b));
    // Keras adds whole numbers in their own type, where 250 + 20 of uint8 is 14, and then divides.
    const mean = cast(g, cast(g, sum, dtype), "float32");
    return g.mul(mean, 1 / inputs.length);
  },
  { gives: () => "float32" },
);
