// x where it is above theta, else 0. TF.js has no gradient of the comparison in its own, and makes NaN of infinite x below.
import { defineTfjsLayer } from "./layer";

export const thresholdedRelu = defineTfjsLayer({
  className: "ThresholdedReLU",
  refuses: () => true,
});
