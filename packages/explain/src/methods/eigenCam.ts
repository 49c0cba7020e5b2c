// Eigen-CAM (Muhammad & Yeasin 2020, arXiv:2008.00299): the first principal component of A; no class has a say.
// Its sign is arbitrary, and here such that the largest absolute value is positive (pytorch-grad-cam's is LAPACK's).
import { defineCam } from "./shared/cam";
import { principal } from "./shared/principal";

export const eigenCam = defineCam({
  name: "eigen-cam",
  title: "Eigen-CAM",
  forwards: true,
  of: ({ a, channels, area }) => ({
    cam: principal((k, i) => a[k * area + i]!, channels, area),
  }),
});
