import { expect, it } from "vitest";
import { single } from "../../testing/checkLayer";
import { toKerasJson } from "../toKerasJson";

it.each([
  ["one number for all axes", { axis: null, mean: 3, variance: 2 }],
  ["lists for two axes", { axis: [1, 2], mean: [[1, 2]], variance: [[4, 5]] }],
])("is written with %s as nested as Keras needs them", (_, config) => {
  const json = JSON.stringify(toKerasJson(single("Normalization", config, [{ shape: [1, 1, 2] }])));
  expect(json).toContain(`"mean":${JSON.stringify(config.mean)},`);
});
