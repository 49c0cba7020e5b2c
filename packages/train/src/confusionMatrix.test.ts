import { argMax, tensor, tensorOf } from "@cajal/core";
import { expect, it } from "vitest";
import { confusionMatrix } from "./index";

it("counts which class was taken for which", () => {
  // scikit-learn: confusion_matrix([2, 0, 2, 2, 0, 1], [0, 0, 2, 2, 0, 2])
  const expected = [
    [2, 0, 0],
    [0, 0, 1],
    [1, 0, 2],
  ];
  const [yTrue, yPred] = [[2, 0, 2, 2, 0, 1], [0, 0, 2, 2, 0, 2]]; // prettier-ignore
  expect(confusionMatrix(yTrue, yPred)).toEqual(expected);
  expect(confusionMatrix(tensor("int64", [2, 3], yTrue), Uint8Array.from(yPred))).toEqual(expected);
  expect(confusionMatrix([1], argMax(tensorOf([[0, 1, 0]])), { classes: 3 })).toEqual([[0, 0, 0], [0, 1, 0], [0, 0, 0]]); // prettier-ignore
  expect(confusionMatrix([], [])).toEqual([]);
});

it.each([
  ["as many of both", [0], [0, 1], {}, "bad-shape", "got 1 labels and 2 predictions"],
  ["class numbers", [0.5], [0], {}, "bad-argument", "yTrue[0]"],
  ["no negative ones", [0], [-1], {}, "bad-argument", "yPred[0]"],
  ["those of the classes", [0], [3], { classes: 3 }, "bad-argument", "yPred[0]"],
  ["lists", "01", [0], {}, "bad-argument", 'got "01" as yTrue'],
  ["awaited ones", [0], Promise.resolve(), {}, "bad-argument", "a promise (await it)"],
  ["options it has", [0], [0], { labels: 3 }, "unknown-option", "labels"],
])("expects %s", (_, yTrue, yPred, options, code, message) => {
  expect(() => confusionMatrix(yTrue as number[], yPred as number[], options as object)).toThrow(
    expect.objectContaining({ code, message: expect.stringContaining(message) }),
  );
});
