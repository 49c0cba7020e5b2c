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
  // The bits of 0 and 1.
  expect(confusionMatrix(tensor("float16", [2], [0, 0x3c00]), [0, 1])).toEqual([[1, 0], [0, 1]]); // prettier-ignore
});

it.each([
  ["as many of both", [0], [0, 1], {}, "bad-shape", "got 1 labels and 2 predictions"],
  ["class numbers", [0.5], [0], {}, "bad-argument", "yTrue[0]"],
  ["no negative ones", [0], [-1], {}, "bad-argument", "yPred[0]"],
  ["those of the classes", [0], [3], { classes: 3 }, "bad-argument", "yPred[0]"],
  ["no more than a matrix has room for", [60_000], [0], {}, "bad-argument", "0 … 8191"],
  ["as many classes at most", [0], [0], { classes: 1e6 }, "bad-argument", "classes 1000000"],
  ["lists", "01", [0], {}, "bad-argument", 'got "01" as yTrue'],
  ["awaited ones", [0], Promise.resolve(), {}, "bad-argument", "a promise (await it)"],
  ["options it has", [0], [0], { labels: 3 }, "unknown-option", "labels"],
])("expects %s", (_, yTrue, yPred, options, code, message) => {
  expect(() => confusionMatrix(yTrue as number[], yPred as number[], options as object)).toThrow(
    expect.objectContaining({ code, message: expect.stringContaining(message) }),
  );
});
