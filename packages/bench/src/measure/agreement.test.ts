import { tensor, type Weights } from "@cajal/core";
import { lenet1 } from "@cajal/models";
import { initialize, open } from "@cajal/runtime";
import { expect, it } from "vitest";
import { checkAgreement, relativeDifference } from "./agreement";

const logits = (...values: number[]) => tensor("float64", [2, 3], values);

it("is the worst example's largest difference over its largest logit", () => {
  // Example 1: 0.5 / 4; example 2: 0.1 / 0.2.
  expect(
    relativeDifference(logits(1, -3.5, 2, 0.1, 0.2, -0.2), logits(1, -4, 2, 0.1, 0.1, -0.2)),
  ).toBeCloseTo(0.1 / 0.2, 12);
  expect(relativeDifference(logits(1, -3.5, 2, 0, 0, 1), logits(1, -4, 2, 0, 0, 1))).toBe(0.125);
});

it("is 0 for equal logits, zeros too, and not a number where one is missing", () => {
  expect(relativeDifference(logits(1, 2, 3, 0, 0, 0), logits(1, 2, 3, 0, 0, 0))).toBe(0);
  expect(relativeDifference(logits(1, 2, 3, 0, NaN, 0), logits(1, 2, 3, 0, 0, 0))).toBeNaN();
});

it("refuses different shapes", () => {
  expect(() => relativeDifference(logits(1, 2, 3, 4, 5, 6), tensor("float64", [3, 2]))).toThrow(
    expect.objectContaining({ code: "bad-shape" }),
  );
});

it("is held by two engines with the same weights, and broken by one weight that differs", async () => {
  const model = lenet1();
  const weights = initialize(model, { seed: 1 });
  const x = tensor("float32", [2, 28, 28, 1]);
  x.data.forEach((_, i) => void (x.data[i] = Math.sin(i)));
  const check = async (others: Weights) => {
    await using reference = await open(model, weights, { engine: "onnx", device: "cpu" });
    await using session = await open(model, others, { engine: "tfjs", device: "cpu" });
    const logits = await reference.predict(x);
    return checkAgreement(session, { engine: "onnx", device: "cpu", logits }, x, {
      tolerance: 1e-5,
    });
  };
  const same = await check(weights);
  expect(same.check.held).toBe(true);
  expect(same.difference).toBeGreaterThan(0); // two engines, not one twice

  const kernel = weights.get("conv1/kernel")!;
  const data = Float32Array.from(kernel.data, Number);
  data[7]! += 0.001;
  const other = await check(new Map([...weights, ["conv1/kernel", { ...kernel, data }]]));
  expect(other.check.held).toBe(false);

  data[7] = NaN;
  const broken = await check(new Map([...weights, ["conv1/kernel", { ...kernel, data }]]));
  expect(broken.check.held).toBe(false);
});
