// All axes but the batch in one, channels varying fastest. A channels-first image is flattened as it
// lies, and who reads it next is told so. keras.io/api/layers/reshaping_layers/flatten
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";
import { convert } from "./shared/layouts";
import { flatten as flattened } from "./shared/reshaping";
import { staticSize } from "./shared/shapes";

export const flatten = defineLayer({
  className: "Flatten",
  fields: {
    data_format: f.dataFormat("channels_last"),
  },
  shape: (_, [x]) => [[x[0], staticSize(x.slice(1))]],
  integers: () => "moves",
  layout: "any",
  lower: (_, [x], g, { arrange, inputs, layout }) => {
    const image = inputs[0].slice(1);
    const isStatic = image.every((extent): extent is number => extent !== null);
    if (inputs[0].length === 1) return [g.reshape(x, [-1, 1])];
    if (layout === "channelsFirst" && isStatic) arrange({ flattened: image });
    else arrange("channelsLast");
    if (inputs[0].length === 2) return [x];
    if (isStatic) return [flattened(g, x)];
    // Who reads it next could not be told how it lies.
    return [flattened(g, convert(g, x, inputs[0], layout, "channelsLast"))];
  },
  samples: [{ inputs: [[2, 3, 4, 3]] }, { inputs: [[2, 3]] }, { inputs: [[2, 1, 1, 3]] }],
});
