import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import {
  bytesOf,
  checkTensor,
  type DType,
  dtypes,
  showShape,
  sizeOf,
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
