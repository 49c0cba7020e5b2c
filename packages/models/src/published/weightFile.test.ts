import { describe, expect, it } from "vitest";
import { isCajalError } from "@cajal/core";
import { weightFile, type WeightFileOptions } from "./weightFile";

const kerasUrl = "https://storage.googleapis.com/tensorflow/keras-applications";

describe("weightFile", () => {
  it.each([
    ["VGG16", {}, `${kerasUrl}/vgg16/vgg16_weights_tf_dim_ordering_tf_kernels.h5`],
    [
      "xception",
      { include_top: false },
      `${kerasUrl}/xception/xception_weights_tf_dim_ordering_tf_kernels_notop.h5`,
    ],
    ["MobileNet", {}, `${kerasUrl}/mobilenet/mobilenet_1_0_224_tf.h5`],
    [
      "MobileNet",
      { alpha: 0.25, size: 128, include_top: false },
      `${kerasUrl}/mobilenet/mobilenet_2_5_128_tf_no_top.h5`,
    ],
    [
      "MobileNetV2",
      { alpha: 1.4 },
      `${kerasUrl}/mobilenet_v2/mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.4_224.h5`,
    ],
  ] as [string, WeightFileOptions, string][])("%s %j", (model, options, url) => {
    expect(weightFile(model, options).urls[0]).toBe(url);
  });

  it("tells the two generations of ResNet50 apart", () => {
    // Hashes of keras/src/applications/resnet.py and keras_applications/resnet50.py.
    expect(weightFile("ResNet50").md5).toBe("2cb95161c43110f7111970584f804107");
    expect(weightFile("ResNet50", { generation: "2016" }).md5).toBe(
      "a7b3fe01876f51b976af0dea6bc144eb",
    );
  });

  it("lists the widths that there are", () => {
    try {
      weightFile("MobileNet", { alpha: 0.33 });
      expect.unreachable();
    } catch (error) {
      if (!isCajalError(error, "bad-argument")) throw error;
      expect(error.facts).toMatchObject({ option: "alpha", known: [1, 0.75, 0.5, 0.25] });
      expect(error.message).toContain("1, 0.75, 0.5, 0.25");
    }
  });

  it.each([
    ["unsupported", "LeNet5", {}],
    ["unknown-name", "LeNet6", {}],
    ["bad-argument", "VGG16", { alpha: 0.5 }],
    ["bad-argument", "MobileNet", { size: 225 }],
    ["bad-argument", "MobileNetV2", { alpha: 1.3, size: 96 }],
    ["bad-argument", "VGG16", { generation: "2016" }],
    ["unknown-option", "VGG16", { pooling: "avg" }],
  ] as [string, string, WeightFileOptions][])("%s: %s %j", (code, model, options) => {
    try {
      weightFile(model, options);
      expect.unreachable();
    } catch (error) {
      if (!isCajalError(error)) throw error;
      expect(error.code).toBe(code);
    }
  });
});
