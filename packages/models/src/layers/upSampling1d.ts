// Every step of a sequence repeated. keras.io/api/layers/reshaping_layers/up_sampling1d
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";

/** Keras 3 reads no list of one here. */
const factor = f.fieldOf<readonly [number], number | readonly [number]>(
  "a whole number of at least 1",
  (raw) => {
    const [value]: unknown[] = Array.isArray(raw) && raw.length === 1 ? raw : [raw];
    return Number.isSafeInteger(value) && Number(value) >= 1 ? [Number(value)] : undefined;
  },
  ([value]) => value,
);

export const upSampling1d = defineLayer({
  className: "UpSampling1D",
  fields: {
    /** How often each step is repeated. */
    size: factor([2]),
  },
  rank: 3,
  shape: ({ size: [times] }, [x]) => {
    const [n, steps, c] = x;
    return [[n!, steps === null ? null : steps * times, c!]];
  },
  integers: () => "moves",
  layout: "channelsLast",
  lower: ({ size: [times] }, [x], g) => {
    const each = g.expand(g.unsqueeze(x, [2]), [1, 1, times, 1]);
    const steps = g.mul(g.shape(x, { start: 1, end: 2 }), times);
    const shape = [g.shape(x, { start: 0, end: 1 }), steps, g.shape(x, { start: 2, end: 3 })];
    return [g.reshape(each, g.concat(shape, { axis: 0 }))];
  },
  samples: [{ inputs: [[2, 3, 2]] }, { config: { size: 3 }, inputs: [[1, 2, 1]] }],
});
