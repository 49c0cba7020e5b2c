import { tensor } from "@cajal/core";
import { centerCrop, evaluation as ofInput, resize } from "@cajal/datasets";
import { modelFacts } from "@cajal/models";
import { describe, expect, it } from "vitest";
import { evaluation } from "./evaluation";

describe("evaluation", () => {
  it("is the recipe of published accuracies, by name or facts", () => {
    const { shortSide, width, preprocessing } = evaluation("ResNet50");
    expect([shortSide, width, preprocessing]).toEqual([256, 224, "caffe"]);
    const grey = tensor("uint8", [260, 300, 3], new Uint8Array(260 * 300 * 3).fill(100));
    const { shape, data } = evaluation("Xception")(grey);
    // 100 / 127.5 − 1
    expect([shape, data[7]]).toEqual([[299, 299, 3], expect.closeTo(-0.215686, 6)]);
    expect(evaluation(modelFacts("VGG16"))(grey)).toEqual(evaluation("VGG16")(grey));
  });

  it("fills inputs that are no squares with the middle of images of any proportions", () => {
    for (const [height, width] of [[20, 40], [40, 20], [20, 21]] as const)
      for (const [h, w] of [[90, 130], [130, 90], [50, 100], [3, 200], [200, 3], [1, 1]] as const) {
        const image = tensor("uint8", [h, w, 3], Uint8Array.from({ length: h * w * 3 }, (_, i) => (i * 37) % 251)); // prettier-ignore
        const { pixels, shortSide } = ofInput({ input: [height, width, 3], preprocessing: "tf" });
        expect([pixels(image).shape, shortSide]).toEqual([[height, width, 3], 22]);
        if (h !== 90 || width !== 40) continue;
        // 40 · 256 / 224 wide, and as high as that makes it.
        const resized = resize(image, { like: "opencv", method: "cubic", width: 44, height: 30 });
        expect(pixels(image)).toEqual(centerCrop(resized, { width: 40, height: 20 }));
      }
  }); // prettier-ignore

  it("refuses names that are none", () => {
    expect(() => evaluation("ResNet5O")).toThrow(expect.objectContaining({ code: "unknown-name" }));
    expect(() => evaluation("LeNet5")).toThrow(expect.objectContaining({ code: "unsupported" }));
    expect(() => evaluation(null as never)).toThrow(expect.objectContaining({ code: "bad-argument" })); // prettier-ignore
  });
});
