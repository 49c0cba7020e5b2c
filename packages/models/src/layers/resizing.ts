// Images of one size. keras.io/api/layers/preprocessing_layers/image_preprocessing/resizing
import { CajalError } from "@cajal/core";
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";
import {
  bordered,
  borderOf,
  cropOf,
  cropped,
  extents,
  extentsOf,
  interpolations,
  resized,
} from "./shared/resizing";

export const resizing = defineLayer({
  className: "Resizing",
  fields: {
    /** Of the output. */
    height: f.positive(),
    /** Of the output. */
    width: f.positive(),
    /** How pixels between pixels are made. */
    interpolation: f.oneOf(interpolations)("bilinear"),
    /** Whether what does not fit into the output's proportions is cut off. */
    crop_to_aspect_ratio: f.flag(false),
    /** Whether the image keeps its proportions, `fill_value` around it. */
    pad_to_aspect_ratio: f.flag(false),
    /** What lies around an image that keeps its proportions: `"constant"`. */
    fill_mode: f.oneOf(["constant"])("constant"),
    /** What lies around an image that keeps its proportions. */
    fill_value: f.real(0),
    /** False; smoothing before the image is made smaller is refused. */
    antialias: f.never("smoothing before an image is made smaller is not done"),
    data_format: f.dataFormat("channels_last"),
  },
  rank: 4,
  // Keras writes what its call has by default.
  callOptions: { training: true },
  shape: ({ height, width, crop_to_aspect_ratio, pad_to_aspect_ratio }, [x]) => {
    if (crop_to_aspect_ratio && pad_to_aspect_ratio)
      throw new CajalError("bad-argument", "got crop_to_aspect_ratio and pad_to_aspect_ratio, expected one of them", {}); // prettier-ignore
    return [[x[0], height, width, x[3]]];
  },
  integers: () => "rounds",
  layout: "channelsFirst",
  lower: (config, [x], g, { inputs }) => {
    const { crop_to_aspect_ratio, fill_value, height, interpolation, pad_to_aspect_ratio, width } = config; // prettier-ignore
    const to = [height, width] as const;
    const from = extentsOf(inputs[0], "Resizing");
    if (crop_to_aspect_ratio)
      return [resized(g, cropped(g, x, from(), to), { from: extents(cropOf(from(), to)), to, interpolation })]; // prettier-ignore
    if (pad_to_aspect_ratio)
      return [resized(g, bordered(g, x, from(), to, fill_value), { from: extents(borderOf(from(), to)), to, interpolation })]; // prettier-ignore
    return [resized(g, x, { from, to, interpolation })];
  },
  samples: [
    { config: { height: 3, width: 5 }, inputs: [[1, 4, 4, 2]] },
    { config: { height: 3, width: 2, interpolation: "nearest" }, inputs: [[2, 5, 3, 1]] },
    { config: { height: 4, width: 2, crop_to_aspect_ratio: true }, inputs: [[1, 5, 6, 1]] },
    { config: { height: 4, width: 2, pad_to_aspect_ratio: true, fill_value: 1 }, inputs: [[1, 5, 6, 1]] },
  ], // prettier-ignore
});
