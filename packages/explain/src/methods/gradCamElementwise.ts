// Grad-CAM element by element, as pytorch-grad-cam has it: Σₖ max(Gₖ Aₖ, 0).
import { defineCam, overChannels, pixelSum } from "./shared/cam";

export const gradCamElementwise = defineCam({
  name: "grad-cam-elementwise",
  title: "Grad-CAM, elementwise",
  of: (maps) => pixelSum(maps, (a, g) => Math.max(g * a, 0)),
  inGraph: (g, a, gradient) => overChannels(g, g.relu(g.mul(gradient, a))),
});
