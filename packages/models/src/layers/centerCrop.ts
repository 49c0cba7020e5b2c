// The middle of images; of smaller ones the largest part of those proportions, made larger.
// keras.io/api/layers/preprocessing_layers/image_preprocessing/center_crop
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";
import { cropOf, cropped, extents, extentsOf, middle, resized } from "./shared/resizing";

export const centerCrop = defineLayer({
  className: "CenterCrop",
  fields: {
    /** Of the output. */
    height: f.positive(),
    /** Of the output. */
    width: f.positive(),
    data_format: f.dataFormat("channels_last"),
  },
  rank: 4,
  // Keras writes what its call has by default.
  callOptions: { training: true },
  shape: ({ height, width }, [x]) => [[x[0], height, width, x[3]]],
  layout: "channelsFirst",
  lower: ({ height, width }, [x], g, { inputs }) => {
    const from = extentsOf(inputs[0], "CenterCrop")();
    const to = [height, width] as const;
    const [excessHeight, excessWidth] = [from[0] - height, from[1] - width];
    if (excessHeight < 0 || excessWidth < 0) return [resized(g, cropped(g, x, from, to), { from: extents(cropOf(from, to)), to, interpolation: "bilinear" })]; // prettier-ignore
    return [middle(g, x, [Math.floor(excessHeight / 2), Math.floor(excessWidth / 2)], to)];
  },
  samples: [
    { config: { height: 2, width: 3 }, inputs: [[1, 5, 4, 2]] },
    { config: { height: 4, width: 3 }, inputs: [[1, 3, 5, 1]] },
  ],
});
