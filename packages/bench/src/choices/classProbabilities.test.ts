import { describe, expect, it } from "vitest";
import { functional, toOnnx } from "@cajal/models";
import { initialize } from "@cajal/runtime";
import { classProbabilities, endingOf } from "./classProbabilities";

type LayerName = Parameters<ReturnType<typeof functional>["layer"]>[0];

/** A network whose last layers are these. */
function ending(...layers: readonly (readonly [LayerName, object])[]) {
  const net = functional("net");
  const image = net.input([4]);
  let scores = image;
  for (const [layer, config] of layers) scores = net.layer(layer, config, scores);
  const model = net.model(image, scores);
  return endingOf(toOnnx(model, initialize(model, { seed: 1 })));
}

describe("endingOf", () => {
  it.each([
    ["softmax", [["Dense", { units: 3, activation: "softmax" }]]],
    ["softmax", [["Dense", { units: 3 }], ["Softmax", {}]]],
    ["softmax", [["Dense", { units: 3, activation: "softmax" }], ["Reshape", { target_shape: [3, 1] }], ["Flatten", {}]]],
    ["sigmoid", [["Dense", { units: 1, activation: "sigmoid" }]]],
    ["sigmoid", [["Dense", { units: 3 }], ["Activation", { activation: "sigmoid" }]]],
    ["logits", [["Dense", { units: 3 }]]],
    ["logits", [["Dense", { units: 3, activation: "sigmoid" }], ["Dense", { units: 3 }]]],
  ] as const)("finds %s", (expected, layers) => {
    expect(ending(...layers)).toBe(expected);
  }); // prettier-ignore
});

describe("classProbabilities", () => {
  it.each([
    // A sigmoid of −1 is 1 / (1 + e) = 0.2689.
    ["a single sigmoid", [0.2689], "sigmoid", [0.7311, 0.2689]],
    ["sigmoids of several", [0.8808, 0.7311, 0.0474], "sigmoid", [0.8808, 0.7311, 0.0474]],
    ["a softmax", [0.7, 0.2, 0.1], "softmax", [0.7, 0.2, 0.1]],
    ["a mean of softmaxes", [0.7, 0.2, 0.1], "logits", [0.7, 0.2, 0.1]],
    // e² / (e² + e + e⁻³) = 7.3891 / 10.1571
    ["logits", [2, 1, -3], "logits", [0.7275, 0.2676, 0.0049]],
  ] as const)("of %s", (_, values, end, expected) => {
    const got = classProbabilities(values, end, "net");
    got.forEach((probability, i) => expect(probability).toBeCloseTo(expected[i]!, 4));
    expect(got.length).toBe(expected.length);
  });

  it.each([
    ["bad-model", [0.5, NaN], "softmax"],
    ["bad-model", [Infinity, 1], "logits"],
    ["unsupported", [0.3], "logits"],
  ] as const)("refuses with %s", (code, values, end) => {
    expect(() => classProbabilities(values, end, "net")).toThrow(expect.objectContaining({ code }));
  });
});
