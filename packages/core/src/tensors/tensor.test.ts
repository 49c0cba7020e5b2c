import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import {
  bytesOf,
  checkTensor,
  type DType,
  dtypes,
  showShape,
  sizeOf,
  at,
  tensor,
  type Tensor,
} from "./tensor";

it("makes a tensor of every type, filled with zeros or from numbers", () => {
  for (const dtype of dtypes) {
    const zeros = tensor(dtype, [2, 3]);
    expect([...zeros.data].map(Number)).toEqual([0, 0, 0, 0, 0, 0]);
    const ones = tensor(dtype, [2], [1, 0]);
    expect([...ones.data].map(Number)).toEqual([1, 0]);
    expect(ones.dtype).toBe(dtype);
  }
});

it("keeps a typed array that fits, without copying", () => {
  const data = new Float32Array([1, 2]);
  expect(tensor("float32", [2], data).data).toBe(data);
});

it("counts bytes: 2 × 3 elements of 1, 2, 4 and 8", () => {
  const shape = [2, 3];
  expect(bytesOf({ dtype: "uint8", shape })).toBe(6);
  expect(bytesOf({ dtype: "float16", shape })).toBe(12);
  expect(bytesOf({ dtype: "float32", shape })).toBe(24);
  expect(bytesOf({ dtype: "int64", shape })).toBe(48);
  expect(bytesOf({ dtype: "float64", shape: [] })).toBe(8); // a scalar
});

it("shows free extents as question marks", () => {
  expect(showShape([null, 28, undefined, "n"])).toBe("[?,28,?,n]");
});

it("refuses data that do not fill the shape", () => {
  expect(() => tensor("float32", [2, 3], [1, 2, 3])).toThrow(
    expect.objectContaining({ code: "bad-shape", facts: expect.objectContaining({ length: 3 }) }),
  );
});

it.each([
  ["a negative extent", "float32", [2, -1], "bad-shape"],
  ["a fraction", "float32", [1.5], "bad-shape"],
  ["no list", "float32", 3, "bad-shape"],
  ["an unknown dtype", "float31", [1], "bad-argument"],
  ["a dtype that every object has", "toString", [1], "bad-argument"],
])("refuses %s, with and without data", (_, dtype, shape, code) => {
  const thrown = expect.objectContaining({ code });
  expect(() => tensor(dtype as DType, shape as number[])).toThrow(thrown);
  expect(() => tensor(dtype as DType, shape as number[], [1])).toThrow(thrown);
});

it("makes 64-bit integers from numbers and keeps what they alone can hold", () => {
  expect(tensor("int64", [2], [1, -2]).data).toEqual(BigInt64Array.of(1n, -2n));
  const data = BigUint64Array.of(2n ** 64n - 1n);
  expect(tensor("uint64", [1], data).data).toBe(data);
});

it("takes any iterable, and a Buffer for bytes", () => {
  expect(tensor("float32", [2], new Set([3, 4])).data).toEqual(Float32Array.of(3, 4));
  expect(() =>
    checkTensor({ dtype: "uint8", shape: [2], data: Buffer.from([1, 2]) }),
  ).not.toThrow();
});

it("sizes: a scalar has one element, an empty axis none", () => {
  expect([[], [0, 5], [2, 3, 4]].map(sizeOf)).toEqual([1, 0, 24]);
});

it("refuses data in another type's array", () => {
  const wrong: Tensor = { dtype: "int8", shape: [1], data: new Uint8Array(1) };
  expect(() => checkTensor(wrong)).toThrow(expect.objectContaining({ code: "bad-argument" }));
});

it("names the tensor that it refuses, and the data that is none", () => {
  const wrong = { dtype: "int8", shape: [1], data: [1] } as object as Tensor;
  expect(() => checkTensor(wrong, "layer/kernel")).toThrow(/^layer\/kernel: got data in a object/);
});

it("accepts an array from another realm", () => {
  const data = runInNewContext("new Float32Array(2)") as Float32Array;
  expect(data).not.toBeInstanceOf(Float32Array);
  expect(() => checkTensor({ dtype: "float32", shape: [2], data })).not.toThrow();
});

it.each([
  ["uint8", 256, "a whole number of 0 … 255"],
  ["uint8", -1, "a whole number of 0 … 255"],
  ["int32", 1.5, "a whole number of -2147483648 … 2147483647"],
  ["int32", 2 ** 31, "a whole number of"],
  ["int64", 2 ** 63, "a whole number of"],
  ["int64", 0.5, "a whole number of"],
  ["uint64", -1n, "a whole number of"],
  ["bool", 2, "a whole number of 0 … 1"],
  ["float16", -1, "a whole number of 0 … 65535"],
  ["int8", NaN, "a whole number of"],
  ["float32", undefined, "a number"],
  ["float32", "1", 'got "1" as element 1, expected a number'],
  ["float64", 1n, "a number"],
  ["float32", [1, 2], "tensorOf"],
] as const)("refuses as %s %s, which it would hold as another number", (dtype, value, message) => {
  expect(() => tensor(dtype, [2], [1, value as number])).toThrow(
    expect.objectContaining({ code: "bad-argument", message: expect.stringContaining(message) }),
  );
});

it("takes NaN, infinities and what overflows as floats, true and false as numbers, bigints as 64 bits", () => {
  expect([...tensor("float32", [3], [NaN, -Infinity, 1e39]).data]).toEqual([NaN, -Infinity, Infinity]); // prettier-ignore
  expect([...tensor("bool", [2], [true, false] as never).data]).toEqual([1, 0]);
  expect(tensor("int64", [1], [-(2n ** 63n)] as never).data).toEqual(
    BigInt64Array.of(-(2n ** 63n)),
  );
});

it.each([
  [[[1, 2]], "an array of 1, expected a tensor, { dtype, shape, data }: tensorOf"],
  [new Float32Array(3), "a Float32Array of 3"],
  [Promise.resolve(), "a promise (await it)"],
  [{ x: 1, y: 2 }, "an object with x, y, expected a tensor, { dtype, shape, data }, its x"],
  [{ size: 1, all() {} }, "as (await data.all()).x of a data set"],
  [3, "3"],
])("says what to give in the place of %j", (value, message) => {
  expect(() => checkTensor(value as never, "x")).toThrow(
    expect.objectContaining({ code: "bad-argument", message: expect.stringContaining(message) }),
  );
});

it("gives one element along the first axis, sharing its data", () => {
  const x = tensor("int32", [2, 3], [1, 2, 3, 4, 5, 6]);
  expect(at(x, 1)).toEqual({ dtype: "int32", shape: [3], data: Int32Array.of(4, 5, 6) });
  at(x, -2).data[0] = 7;
  expect(at(at(x, 0), 0)).toEqual({ dtype: "int32", shape: [], data: Int32Array.of(7) });
  for (const index of [2, -3, 0.5, NaN, "0" as never])
    expect(() => at(x, index)).toThrow(expect.objectContaining({ code: "bad-argument" }));
  expect(() => at(tensor("float32", []), 0)).toThrow("for shape []");
});
