import { expect, it } from "vitest";
import { preprocessingOf } from "./imageModel";

// `keras.applications.….name` of Keras 3.15, and the mode of its preprocess_input.
it.each([
  ["xception", "tf"],
  ["vgg16", "caffe"],
  ["resnet50", "caffe"],
  ["resnet50v2", "tf"],
  ["resnet152v2", "tf"],
  ["inception_v3", "tf"],
  ["inception_resnet_v2", "tf"],
  ["mobilenet_0.75_224", "tf"],
  ["mobilenetv2_1.00_224", "tf"],
  ["densenet121", "torch"],
  ["resnet50_of_mine", "caffe"],
  // They take pixels as they are.
  ["MobileNetV3Small", undefined],
  ["MobileNetV3Large", undefined],
  ["efficientnetb0", undefined],
  ["efficientnetv2-b0", undefined],
  ["convnext_tiny", undefined],
  ["functional_1", undefined],
])("knows the preprocessing of %s: %s", (name, mode) => {
  expect(preprocessingOf(name)).toBe(mode);
});
