import { expect, it } from "vitest";
import { byOutputLayers } from "./trainingConfig";

// As Keras 3.15.1 saves `keras.Model(x, {"zz": first(x), "aa": second(x)})`; what is written of it trains there to the
// same weights.
const refs = { aa: ["second", 0, 0], zz: ["first", 0, 0] };
const training = {
  optimizer: { class_name: "Adam", config: { zz: 1 } },
  loss: { zz: "mse", aa: { class_name: "Huber", config: { aa: 1 } } },
  loss_weights: { aa: 0.5, zz: 2 },
  metrics: { zz: ["mae"] },
  weighted_metrics: null,
};

it("says of layers what a file says of the keys of a dict of outputs", () => {
  expect(byOutputLayers(training, { config: { output_layers: refs } })).toEqual({
    optimizer: training.optimizer,
    loss: { first: "mse", second: { class_name: "Huber", config: { aa: 1 } } },
    loss_weights: { second: 0.5, first: 2 },
    metrics: { first: ["mae"] },
    weighted_metrics: null,
  });
});

it("leaves one loss for all outputs, outputs in a list, and two outputs of one layer as they are", () => {
  const one = { loss: "mse", metrics: ["mae"] };
  expect(byOutputLayers(one, { config: { output_layers: refs } })).toEqual(one);
  expect(byOutputLayers(training, { config: { output_layers: [refs.aa, refs.zz] } })).toBe(training); // prettier-ignore
  const ofOneLayer = { aa: ["lstm", 0, 0], zz: ["lstm", 0, 1] };
  expect(byOutputLayers(training, { config: { output_layers: ofOneLayer } })).toBe(training);
  expect(byOutputLayers(undefined, { config: { output_layers: refs } })).toBeUndefined();
});
