import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { bytesOf, checkTensor, dtypes, showShape, tensor, type Tensor } from "./tensor";

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
  expect(() => tensor("float32", [2, -1])).toThrow(); // a negative extent
});

it("refuses data in another type's array", () => {
  const wrong: Tensor = { dtype: "int8", shape: [1], data: new Uint8Array(1) };
  expect(() => checkTensor(wrong)).toThrow(expect.objectContaining({ code: "bad-argument" }));
});

it("accepts an array from another realm", () => {
  const data = runInNewContext("new Float32Array(2)") as Float32Array;
  expect(data).not.toBeInstanceOf(Float32Array);
  expect(() => checkTensor({ dtype: "float32", shape: [2], data })).not.toThrow();
});
