import { expect, it } from "vitest";
import { argMax } from "./argMax";
import { tensorOf } from "./numbers";
import { tensor } from "./tensor";

it("gives the index of the largest along the last axis, of equal ones the first", () => {
  expect(argMax(tensorOf([[[1, 3, 2], [-1, -2, -1]]]))).toEqual({ dtype: "int32", shape: [1, 2], data: Int32Array.of(1, 0) }); // prettier-ignore
  expect(argMax(tensorOf([0, 0, 5], "int64"))).toEqual({ dtype: "int32", shape: [], data: Int32Array.of(2) }); // prettier-ignore
  expect(argMax(tensor("float32", [0, 3])).shape).toEqual([0]);
});

it.each([
  ["NaN", tensorOf([1, NaN]), "bad-argument"],
  ["no classes", tensor("float32", [2, 0]), "bad-shape"],
  ["a scalar", tensor("float32", []), "bad-shape"],
  ["bits", tensor("float16", [2]), "bad-argument"],
])("refuses %s", (_, x, code) => {
  expect(() => argMax(x)).toThrow(expect.objectContaining({ code }));
});
