// A layer of each step. TF.js' own wraps TF.js' layers, and no models.
import { defineTfjsLayer } from "./layer";

export const timeDistributed = defineTfjsLayer<{ layer: { readonly config: object } }>({
  className: "TimeDistributed",
  differs: ({ layer }) => "input_layers" in layer.config,
  refuses: ({ layer }) => "input_layers" in layer.config,
});
