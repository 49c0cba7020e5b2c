// Eigen-Grad-CAM, as pytorch-grad-cam has it: the first principal component of A G; signs as eigen-cam's.
import { defineCam } from "./shared/cam";
import { principal } from "./shared/principal";

export const eigenGradCam = defineCam({
  name: "eigen-grad-cam",
  title: "Eigen-Grad-CAM",
  of: ({ a, g, channels, area }) => ({
    cam: principal((k, i) => a[k * area + i]! * g[k * area + i]!, channels, area),
  }),
});
