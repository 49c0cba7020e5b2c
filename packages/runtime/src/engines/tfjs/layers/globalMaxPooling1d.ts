// The maximum of each channel, which TF.js differentiates otherwise.
import { maximumOver } from "../maximumOver";
import { defineTfjsLayer } from "./layer";

export const globalMaxPooling1d = defineTfjsLayer<{ keepdims: boolean }>({
  className: "GlobalMaxPooling1D",
  call: ({ keepdims }, [x], { tf }) => maximumOver(tf, x, [1], keepdims),
});
