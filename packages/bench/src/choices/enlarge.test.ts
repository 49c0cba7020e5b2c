import { tensor } from "@cajal/core";
import { expect, it } from "vitest";
import { enlarge } from "./enlarge";

it("interpolates between pixel centres and repeats the border", () => {
  // Centres of the new pixels lie at −0.25, 0.25, 0.75, 1.25 of the old: 0, 1/4, 3/4, 1 of the way.
  const row = enlarge(tensor("float32", [1, 1, 2, 1], [0, 4]), 2);
  expect(row.shape).toEqual([1, 2, 4, 1]);
  expect([...row.data]).toEqual([0, 1, 3, 4, 0, 1, 3, 4]);
  const column = enlarge(tensor("uint8", [1, 2, 1, 1], [0, 4]), 2);
  expect([...column.data]).toEqual([0, 0, 1, 1, 3, 3, 4, 4]);
});

it("keeps channels and images apart", () => {
  const same = enlarge(tensor("float32", [2, 1, 1, 2], [1, 2, 3, 4]), 2);
  expect([...same.data]).toEqual([1, 2, 1, 2, 1, 2, 1, 2, 3, 4, 3, 4, 3, 4, 3, 4]);
});
