// An image made larger by whole factors. keras.io/api/layers/reshaping_layers/up_sampling2d
import * as f from "./definition/fields";
import type { GraphBuilder, Value } from "@cajal/onnx";
import { defineLayer } from "./definition/layer";
import { extentsOf, interpolations, resized } from "./shared/resizing";

export const upSampling2d = defineLayer({
  className: "UpSampling2D",
  fields: {
    /** Factors of height and width. */
    size: f.pair([2, 2]),
    data_format: f.dataFormat("channels_last"),
    /** How pixels between pixels are made. */
    interpolation: f.oneOf(interpolations)("nearest"),
  },
  rank: 4,
  shape: ({ size: [rows, columns] }, [x]) => {
    const [n, h, w, c] = x;
    return [[n!, h === null ? null : h * rows, w === null ? null : w * columns, c!]];
  },
  integers: ({ interpolation }) => (interpolation === "nearest" ? "moves" : "rounds"),
  layout: "channelsFirst",
  lower: ({ interpolation, size: [rows, columns] }, [x], g, { dtype, inputs }) => {
    if (dtype !== "float32" && interpolation === "nearest")
      return [repeatPixels(g, x, rows, columns)];
    if (interpolation !== "nearest" && interpolation !== "bilinear") {
      const from = extentsOf(inputs[0], `interpolation "${interpolation}"`);
      const [height, width] = from();
      const to = [height * rows, width * columns] as const;
      return [resized(g, x, { from, to, interpolation })];
    }
    return [
      g.resize(
        x,
        interpolation === "nearest"
          ? {
              scales: [1, 1, rows, columns],
              mode: "nearest",
              coordinate_transformation_mode: "asymmetric",
              nearest_mode: "floor",
            }
          : {
              scales: [1, 1, rows, columns],
              mode: "linear",
              coordinate_transformation_mode: "half_pixel",
            },
      ),
    ];
  },
  samples: [
    { inputs: [[1, 3, 4, 2]] },
    { config: { size: [3, 2], interpolation: "bilinear" }, inputs: [[2, 3, 4, 1]] },
    { config: { size: [2, 1], interpolation: "bicubic" }, inputs: [[1, 3, 4, 2]] },
    { config: { interpolation: "lanczos3" }, inputs: [[1, 5, 4, 1]] },
  ],
});

/** Every row and column of an image [batch, channels, height, width] repeated: Resize knows few types. */
function repeatPixels(g: GraphBuilder, x: Value, rows: number, columns: number): Value {
  const each = g.expand(g.unsqueeze(x, [3, 5]), [1, 1, 1, rows, 1, columns]);
  const extent = (axis: number, times: number) =>
    g.mul(g.shape(x, { start: axis, end: axis + 1 }), times);
  const shape = [g.shape(x, { start: 0, end: 2 }), extent(2, rows), extent(3, columns)];
  return g.reshape(each, g.concat(shape, { axis: 0 }));
}
