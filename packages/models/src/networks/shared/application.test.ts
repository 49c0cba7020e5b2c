import { describe, expect, it } from "vitest";
import { isCajalError, type ErrorCode } from "@cajal/core";
import type { ApplicationOptions } from "./application";
import { densenet121 } from "../densenet";
import { inceptionResNetV2 } from "../inceptionResNetV2";
import { inceptionV3 } from "../inceptionV3";
import { mobilenet, type MobilenetOptions } from "../mobilenet";
import { mobilenetV2 } from "../mobilenetV2";
import { resnet50, resnet50V2 } from "../resnet";
import { vgg16 } from "../vgg";
import { xception } from "../xception";
import { summary } from "../../network/summary";

const codeOf = (build: () => unknown): ErrorCode | undefined => {
  try {
    build();
  } catch (error) {
    if (isCajalError(error)) return error.code;
    throw error;
  }
  return undefined;
};

describe("input_shape", () => {
  // min_size of each keras/src/applications/*.py.
  it.each([
    ["xception", xception, 71],
    ["vgg16", vgg16, 32],
    ["resnet50", resnet50, 32],
    ["resnet50V2", resnet50V2, 32],
    ["inceptionV3", inceptionV3, 75],
    ["inceptionResNetV2", inceptionResNetV2, 75],
    ["mobilenet", mobilenet, 32],
    ["mobilenetV2", mobilenetV2, 32],
    ["densenet121", densenet121, 32],
  ] as const)("%s: the smallest image works, a smaller is refused", (_, build, minSize) => {
    const at = (height: number, width: number) =>
      codeOf(() => build({ include_top: false, input_shape: [height, width, 3] }));
    expect(at(minSize, minSize)).toBeUndefined();
    expect(at(minSize - 1, minSize)).toBe("bad-shape");
    expect(at(minSize, minSize - 1)).toBe("bad-shape");
  });

  it("is free without the top, and only there", () => {
    const { inputs, outputs } = summary(vgg16({ include_top: false }));
    expect(inputs).toEqual([[null, null, null, 3]]);
    expect(outputs).toEqual([[null, null, null, 512]]);
    expect(codeOf(() => vgg16({ input_shape: [null, null, 3] }))).toBe("bad-shape");
  });

  it.each([[[224, 224]], [[224, 224, null]], [[224.5, 224, 3]], [[1, 224, 224, 3]]])(
    "refuses %j",
    (input_shape) => {
      expect(codeOf(() => vgg16({ include_top: false, input_shape }))).toBe("bad-shape");
    },
  );
});

describe("the other options", () => {
  it.each([
    ["unknown-option", { weights: "imagenet" }],
    ["unknown-name", { include_top: false, pooling: "average" }],
    ["unknown-name", { classifier_activation: "sotfmax" }],
    ["bad-argument", { classes: 0 }],
    ["bad-argument", { classes: 2.5 }],
  ])("%s: %j", (code, options) => {
    expect(codeOf(() => vgg16(options as ApplicationOptions))).toBe(code);
  });

  it.each([
    ["bad-argument", { alpha: 0 }],
    ["bad-argument", { alpha: -0.5 }],
    ["bad-argument", { alpha: 0.01 }],
    ["bad-argument", { alpha: NaN }],
    ["bad-argument", { depth_multiplier: 0.5 }],
    ["bad-argument", { dropout: 1 }],
    ["unknown-option", { aplha: 0.5 }],
  ])("mobilenet, %s: %j", (code, options) => {
    expect(codeOf(() => mobilenet(options as MobilenetOptions))).toBe(code);
  });

  it("take any width: which widths have weights is a question of files", () => {
    // 32 · 0.33 = 10.56 filters, cut off.
    expect(summary(mobilenet({ alpha: 0.33 })).layers[1]!.output).toEqual([null, 112, 112, 10]);
  });
});
