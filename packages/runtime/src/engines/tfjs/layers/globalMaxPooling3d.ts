// The maximum of each channel, which TF.js does not have.
import { maximumOver } from "../maximumOver";
import { defineTfjsLayer } from "./layer";

export const globalMaxPooling3d = defineTfjsLayer<{ keepdims: boolean }>({
  className: "GlobalMaxPooling3D",
  call: ({ keepdims }, [x], { tf }) => maximumOver(tf, x, [1, 2, 3], keepdims),
});
