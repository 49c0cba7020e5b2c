import { expect, it } from "vitest";
import { arraysOf, tensorOf } from "./numbers";
import { tensor } from "./tensor";

it("takes the shape from the lengths of nested arrays", () => {
  expect(tensorOf([[1, 2, 3], [4, 5, 6]])).toEqual({ dtype: "float32", shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }); // prettier-ignore
  expect(tensorOf([[[1], [2]]], "int32").shape).toEqual([1, 2, 1]);
  expect(tensorOf([Float64Array.of(1, 2), [3, 4]], "float64").shape).toEqual([2, 2]);
  expect(tensorOf([]).shape).toEqual([0]);
  expect(tensorOf([[], []]).shape).toEqual([2, 0]);
  expect([...tensorOf([true, false] as never, "bool").data]).toEqual([1, 0]);
});

it.each([
  [
    "a row that is longer",
    [
      [1, 2],
      [3, 4, 5],
    ],
    "bad-shape",
    "got 3 elements at [1], expected arrays of equal lengths: the first ones say [2,2]",
  ],
  ["a number among rows", [[1, 2], 3], "bad-shape", "got 3 at [1]"],
  ["a row among numbers", [1, [2]], "bad-shape", "got 1 elements at [1]"],
  [
    "text",
    [
      [1, 2],
      [3, "4"],
    ],
    "bad-argument",
    'got "4" at [1][1], expected a number',
  ],
  // oxlint-disable-next-line no-sparse-arrays
  ["a hole", [1, , 3], "bad-argument", "got undefined at [1]"],
  ["a fraction as int32", [1, 2.5], "bad-argument", "got 2.5 as element 1"],
  ["no array", 3, "bad-argument", "got 3, expected numbers in arrays"],
])("refuses %s", (name, numbers, code, message) => {
  expect(() => tensorOf(numbers as never, name.includes("int32") ? "int32" : "float32")).toThrow(
    expect.objectContaining({ code, message: expect.stringContaining(message) }),
  );
});

it("gives back nested arrays", () => {
  for (const numbers of [
    [
      [1, 2, 3],
      [4, 5, 6],
    ],
    [],
    [[], []],
    [[[1]]],
    [7],
  ])
    // prettier-ignore
    expect(arraysOf(tensorOf(numbers as number[]))).toEqual(numbers);
  expect(arraysOf(tensor("int64", [], [-3]))).toBe(-3);
  expect(() => arraysOf(tensor("int64", [1], BigInt64Array.of(2n ** 60n)))).toThrow("no JavaScript number"); // prettier-ignore
  expect(() => arraysOf(tensor("float16", [1]))).toThrow("bits");
});
