import { tensor } from "@cajal/core";
import { expect, it } from "vitest";
import { dataset } from "../dataset";
import { oneHot } from "./oneHot";

const labelled = (labels: number[]) =>
  dataset({ x: tensor("float32", [labels.length]), y: tensor("int32", [labels.length], labels) });

it("sets a 1 at the class", async () => {
  const { y } = await labelled([2, 0, 1]).map(oneHot(3)).all();
  expect(y).toEqual(tensor("float32", [3, 3], [0, 0, 1, 1, 0, 0, 0, 1, 0]));
});

it("takes 64-bit labels and [n,1]", async () => {
  const y = tensor("int64", [2, 1], BigInt64Array.of(1n, 0n));
  const hot = oneHot(2)({ x: tensor("float32", [2]), y });
  expect(hot.y).toEqual(tensor("float32", [2, 2], [0, 1, 1, 0]));
});

it.each([[[3]], [[-1]]])("refuses label %j of 3", (labels) =>
  expect(labelled(labels).map(oneHot(3)).all()).rejects.toMatchObject({
    code: "bad-argument",
    facts: { label: labels[0], classes: 3 },
  }),
);

it("refuses labels that are one-hot already, and 0 classes", async () => {
  await expect(labelled([1]).map(oneHot(3)).map(oneHot(3)).all()).rejects.toMatchObject({
    code: "bad-shape",
  });
  expect(() => oneHot(0)).toThrow(expect.objectContaining({ code: "bad-argument" }));
});
