import { expect, it } from "vitest";
import { arraysOf, tensorOf, tensorsOf } from "./numbers";
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
    "tensorOf[1]: got a list of 3, expected a list of 2, as the first of its axis: they say [2,2]",
  ],
  ["a number among rows", [[1, 2], 3], "bad-shape", "tensorOf[1]: got 3, expected a list of 2"],
  ["a row among numbers", [1, [2]], "bad-shape", "tensorOf[1]: got a list of 1, expected a number"],
  [
    "text",
    [
      [1, 2],
      [3, "4"],
    ],
    "bad-argument",
    'tensorOf[1][1]: got "4", expected a number',
  ],
  // oxlint-disable-next-line no-sparse-arrays
  ["a hole", [1, , 3], "bad-argument", "tensorOf[1]: got undefined"],
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

it("makes tensors of numbers by name, and of labels that are whole numbers int32", () => {
  const x = tensor("uint8", [1], [7]);
  expect(tensorsOf(x, "x")).toBe(x);
  expect(tensorsOf({ a: [[1, 2]], b: x }, "x")).toEqual({ a: tensorOf([[1, 2]]), b: x });
  expect(tensorsOf([0, 2], "y", { labels: true })).toEqual(tensor("int32", [2], [0, 2]));
  expect(tensorsOf({ price: [0.5, 2], kind: [1, 0] }, "y", { labels: true })).toEqual({
    price: tensorOf([0.5, 2]),
    kind: tensor("int32", [2], [1, 0]),
  });
  expect(tensorsOf([2 ** 31], "y", { labels: true })).toEqual(tensorOf([2 ** 31]));
  expect(() => tensorsOf({ a: [[1], [2, 3]] }, "data x")).toThrow('data x "a"[1]: got a list of 2');
});
