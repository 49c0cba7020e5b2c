// Stretches each channel of each image over the whole range of values, in training and otherwise; where channels come first,
// each column, as Keras does.
// keras.io/api/layers/preprocessing_layers/image_augmentation/auto_contrast
import type { Value } from "@cajal/onnx";
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";

const range = f.fieldOf<readonly [number, number]>("two numbers, the least first", (raw) => {
  if (!Array.isArray(raw) || raw.length !== 2) return undefined;
  const [least, greatest]: unknown[] = raw;
  const areNumbers = typeof least === "number" && typeof greatest === "number";
  return areNumbers && least < greatest ? [least, greatest] : undefined;
});

/** Written again, and no data_format in here: what comes in is read as it lies. */
const kept = f.fieldOf<{ readonly written: unknown }, unknown>(
  "anything",
  (written) => ({ written }),
  ({ written }) => written,
);

export const autoContrast = defineLayer({
  className: "AutoContrast",
  fields: {
    /** Where channels lie; Keras takes extremes over axes 1 and 2 in any case. */
    data_format: kept({ written: "channels_last" }),
    /** Least and greatest value of a pixel. */
    value_range: range([0, 255]),
  },
  rank: 4,
  // Keras writes what its call has by default.
  callOptions: { training: true },
  shape: (_, [x]) => [x],
  layout: "channelsFirst",
  lower: ({ value_range: [least, greatest] }, [x], g) => {
    const span = greatest - least;
    const isBytes = least === 0 && greatest === 255;
    const bytes = isBytes ? x : g.mul(g.div(g.sub(x, least), span), 255);
    const extreme = (by: (x: Value, options: { axes: number[]; keepdims: boolean }) => Value) => by(bytes, { axes: [2, 3], keepdims: true }); // prettier-ignore
    const [low, high] = [
      extreme((x, o) => g.reduceMin(x, o)),
      extreme((x, o) => g.reduceMax(x, o)),
    ];
    const scale = g.div(255, g.sub(high, low));
    const stretched = g.clip(g.sub(g.mul(bytes, scale), g.mul(low, scale)), { min: 0, max: 255 });
    const y = isBytes ? stretched : g.add(g.mul(g.div(stretched, 255), span), least);
    // Of one value there is nothing to stretch.
    return [g.where(g.equal(low, high), x, y)];
  },
  samples: [
    { inputs: [[2, 3, 4, 3]] },
    { config: { value_range: [0, 1] }, inputs: [[1, 3, 2, 1]] },
  ],
});
