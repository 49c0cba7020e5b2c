// The maximum of each channel, which TF.js differentiates otherwise.
import { maximumOver } from "../maximumOver";
import { defineTfjsLayer } from "./layer";

export const globalMaxPooling2d = defineTfjsLayer<{ keepdims: boolean }>({
  className: "GlobalMaxPooling2D",
  call: ({ keepdims }, [x], { tf }) => maximumOver(tf, x, [1, 2], keepdims),
});
