import { tensor } from "@cajal/core";
import { expect, it } from "vitest";
import { confusionOf, readings } from "./readings";

it("reads the class of the largest logit, with its softmax probability", () => {
  const [first, second] = readings(tensor("float32", [2, 3], [0, Math.log(3), 0, 1000, 0, 0]));
  expect(first!.read).toBe(1);
  expect(first!.probability).toBeCloseTo(3 / 5, 6); // e^ln 3 of 1 + 3 + 1
  expect(second).toEqual({ read: 0, probability: 1 }); // without overflow
});

it("counts what was read for what it was", () => {
  expect(confusionOf([0, 0, 1, 2], [0, 1, 1, 0], 3)).toEqual([
    [1, 1, 0],
    [0, 1, 0],
    [1, 0, 0],
  ]);
});
