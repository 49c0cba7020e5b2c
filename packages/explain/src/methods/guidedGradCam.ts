// Guided Grad-CAM (Selvaraju et al. 2016, arXiv:1610.02391): guided backpropagation times the Grad-CAM map, resized
// bilinearly as in the paper; Captum's default is the nearest pixel.
import { rowOf } from "../network/rows";
import { unknownName } from "@cajal/core";
import { gradCam } from "./gradCam";
import { guidedBackprop } from "./guidedBackprop";
import { defineMethod } from "./method";
import { mapped } from "./shared/evaluate";
import { resized, resizedIn, type Interpolation } from "./shared/resize";

export interface GuidedGradCamOptions {
  /** How the map comes to the image's size. Default "linear". */
  readonly interpolation?: Interpolation;
}

const interpolations = ["linear", "corners", "nearest"];

export const guidedGradCam = defineMethod({
  name: "guided-grad-cam",
  title: "Guided Grad-CAM",
  gives: "image",
  plain: false,
  options: ["interpolation"],
  async attribute(call, { interpolation = "linear" }: GuidedGradCamOptions) {
    checkInterpolation(interpolation);
    const { map: gradient } = await guidedBackprop.attribute(call, {});
    const { layer, cam } = await gradCam.attribute(call, {});
    const [, h, w] = cam!.shape as [number, number, number];
    const [count, channels, height, width] = gradient.shape as [number, number, number, number];
    const area = height * width;
    const large = Array.from({ length: count }, (_, i) =>
      resized(
        rowOf(cam!, i).map((value) => Math.max(value, 0)),
        [h, w],
        [height, width],
        interpolation,
      ),
    );
    const map = mapped(
      gradient,
      (i) => gradient.data[i]! * large[Math.floor(i / (channels * area))]![i % area]!,
    );
    return { map, layer: layer! };
  },
  graph: {
    map(call, { interpolation = "linear" }) {
      checkInterpolation(interpolation);
      const { g, x } = call;
      const [n, , height, width] = x.shape as [number, number, number, number];
      const cam = g.relu(gradCam.graph!.map(call, {}));
      const large = g.reshape(resizedIn(g, cam, [height, width], interpolation), [n, 1, height, width]); // prettier-ignore
      return g.mul(guidedBackprop.graph!.map(call, {}), large);
    },
  },
});

/** @throws CajalError `unknown-name` */
function checkInterpolation(interpolation: Interpolation): void {
  if (!interpolations.includes(interpolation))
    throw unknownName("interpolation", interpolation, interpolations);
}
