// HiRes-CAM (Draelos & Carin 2020, arXiv:2011.08891): Σₖ Gₖ Aₖ, pixel by pixel.
import { defineCam, overChannels, pixelSum } from "./shared/cam";

export const hiresCam = defineCam({
  name: "hires-cam",
  title: "HiRes-CAM",
  of: (maps) => pixelSum(maps, (a, g) => g * a),
  inGraph: (g, a, gradient) => overChannels(g, g.mul(gradient, a)),
});
