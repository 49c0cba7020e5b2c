import { functional, resolve } from "@cajal/models";
import { expect, it } from "vitest";
import { kerasPaths } from "./kerasPaths";

// As Keras 3.15 lists a file of `save_weights` with h5py's visititems.
it("has the kernel that SpectralNormalization counts as its own in both places", () => {
  const net = functional("m");
  const x = net.input([6]);
  const inside = { class_name: "Dense", config: { name: "inside", units: 4 } };
  const normalized = net.layer("SpectralNormalization", { layer: inside, name: "sn" }, x);
  const model = net.model([x], [net.layer("Dense", { units: 2, name: "after" }, normalized)]);
  const paths = [...kerasPaths(model, resolve(model).layers)];
  expect(Object.fromEntries(paths.map(([path, { key, shape }]) => [path, [key, shape]]))).toEqual({
    "layers/spectral_normalization/vars/0": ["sn/inside/kernel", [6, 4]],
    "layers/spectral_normalization/vars/1": ["sn/vector_u", [1, 4]],
    "layers/spectral_normalization/layer/vars/0": ["sn/inside/kernel", [6, 4]],
    "layers/spectral_normalization/layer/vars/1": ["sn/inside/bias", [4]],
    "layers/dense/vars/0": ["after/kernel", [4, 2]],
    "layers/dense/vars/1": ["after/bias", [2]],
  });
});
