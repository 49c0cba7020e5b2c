// Layer-CAM (Jiang et al. 2021, 10.1109/TIP.2021.3089943): Σₖ max(Gₖ, 0) Aₖ, which stays sharp at earlier layers.
import { defineCam, overChannels, pixelSum } from "./shared/cam";

export const layerCam = defineCam({
  name: "layer-cam",
  title: "Layer-CAM",
  of: (maps) => pixelSum(maps, (a, g) => Math.max(g, 0) * a),
  inGraph: (g, a, gradient) => overChannels(g, g.mul(g.relu(gradient), a)),
});
