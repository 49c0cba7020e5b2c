import { tensor } from "@cajal/core";
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

  it("refuses names that are none", () => {
    expect(() => evaluation("ResNet5O")).toThrow(expect.objectContaining({ code: "unknown-name" }));
    expect(() => evaluation("LeNet5")).toThrow(expect.objectContaining({ code: "unsupported" }));
    expect(() => evaluation(null as never)).toThrow(expect.objectContaining({ code: "bad-argument" })); // prettier-ignore
  });
});
