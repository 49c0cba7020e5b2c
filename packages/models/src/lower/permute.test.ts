import { arrayTypes, sizeOf, tensor, type Tensor } from "@cajal/core";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type * as scaling from "./scaled";
import { transposeByWasm } from "./transposeByWasm";
import type * as views from "./views";

/** Numbers of which float32 products with {@link scaleOf} are rounded. */
const kernelOf = (shape: readonly number[]) =>
  tensor(
    "float32",
    shape,
    Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(i) / 3),
  );
const scaleOf = (length: number) => Float64Array.from({ length }, (_, i) => 1 + Math.cos(i) / 7);

/** Entry by entry, as the definition says. */
function permutedSlowly({ shape, data }: Tensor, permutation: readonly number[]) {
  const result = data.slice();
  const resultShape = permutation.map((axis) => shape[axis]!);
  for (let i = 0; i < data.length; i++) {
    const index = shape.map(() => 0);
    for (let axis = shape.length - 1, rest = i; axis >= 0; axis--) {
      index[axis] = rest % shape[axis]!;
      rest = Math.floor(rest / shape[axis]!);
    }
    const at = permutation.reduce(
      (sum, axis, place) => sum * resultShape[place]! + index[axis]!,
      0,
    );
    result[at] = data[i]!;
  }
  return result;
}

/** To the bit; says where they differ first, for a million numbers are too many to print. */
function expectSame({ data }: Tensor, expected: Tensor["data"]): void {
  expect(data.length).toBe(expected.length);
  const differing = expected.findIndex((x: number | bigint, i: number) => !Object.is(x, data[i]));
  expect(differing, "the first that differs").toBe(-1);
}

const kernels: [string, number[], number[]][] = [
  ["3×3", [3, 3, 20, 37], [3, 2, 0, 1]],
  ["1×1", [1, 1, 70, 130], [3, 2, 0, 1]],
  ["fewer rows than four", [3, 2, 5, 3], [3, 2, 0, 1]],
  ["one row", [3, 3, 5, 1], [3, 2, 0, 1]],
  ["one input channel", [3, 3, 1, 40], [3, 2, 0, 1]],
  ["several blocks of rows", [1, 1, 1000, 150], [3, 2, 0, 1]],
  ["several blocks either way", [3, 3, 60, 1031], [3, 2, 0, 1]],
  ["five rows, written as eight", [3, 3, 3000, 5], [3, 2, 0, 1]],
  ["rows in parts", [1, 1, 5000, 39], [3, 2, 0, 1]],
  ["a large window, rows in parts", [60, 60, 3, 5], [3, 2, 0, 1]],
  ["a window that no part holds", [70, 70, 2, 5], [3, 2, 0, 1]],
  ["transposed: OI to IO", [3, 3, 20, 37], [2, 3, 0, 1]],
  ["runs", [3, 4, 5, 40], [2, 0, 1, 3]],
  ["short runs", [3, 4, 5, 6], [2, 0, 1, 3]],
  ["five axes", [2, 3, 4, 5, 6], [4, 2, 0, 3, 1]],
];

describe.each(["WebAssembly", "JavaScript"])("permuted kernels, in %s", (way) => {
  let rearrange: typeof views.rearrange;
  let scaled: typeof scaling.scaled;
  beforeAll(async () => {
    vi.resetModules();
    if (way === "JavaScript") vi.stubGlobal("WebAssembly", undefined);
    ({ rearrange } = await import("./views"));
    ({ scaled } = await import("./scaled"));
  });
  afterAll(() => vi.unstubAllGlobals());

  it.each(kernels)("%s", (_, shape, permutation) => {
    const kernel = kernelOf(shape);
    const expected = permutedSlowly(kernel, permutation);
    expectSame(rearrange(kernel, [{ permute: permutation }]), expected);
  });

  it.each(["float64", "int32", "int64", "uint8"] as const)("of %s", (dtype) => {
    for (const [, shape, permutation] of kernels.filter(([, shape]) => sizeOf(shape) < 1e4)) {
      const data = new arrayTypes[dtype](sizeOf(shape));
      const numbers: { [index: number]: number | bigint } = data;
      for (let i = 0; i < data.length; i++) numbers[i] = dtype === "int64" ? BigInt(i) : i % 251;
      const given: Tensor = { dtype, shape, data };
      const expected = permutedSlowly(given, permutation);
      expectSame(rearrange(given, [{ permute: permutation }]), expected);
    }
  });

  it.each(kernels)("scaled: %s", async (_, shape, permutation) => {
    const kernel = kernelOf(shape);
    const scale = scaleOf(shape.at(-1)!);
    const products = Float32Array.from(kernel.data, (x, i) => x * scale[i % scale.length]!);
    const lazy = scaled(kernel, scale, [shape.length - 1]);
    const result = rearrange(lazy, [{ permute: permutation }]);
    expectSame(result, permutedSlowly({ ...kernel, data: products }, permutation));
    const { isLazy } = await import("@cajal/onnx/builder");
    expect(isLazy(lazy)).toBe(true); // nothing was kept
  });

  it("scaled: a depthwise kernel, by input channel and multiplier", () => {
    const kernel = kernelOf([3, 3, 10, 2]);
    const scale = scaleOf(20);
    const products = Float32Array.from(kernel.data, (x, i) => x * scale[i % 20]!);
    const steps = [{ permute: [2, 3, 0, 1] }, { reshape: [20, 1, 3, 3] }];
    const result = rearrange(scaled(kernel, scale, [2, 3]), steps);
    expect(result.shape).toEqual([20, 1, 3, 3]);
    expectSame(result, permutedSlowly({ ...kernel, data: products }, [2, 3, 0, 1]));
  });

  it("scaled: a transposed convolution's kernel, HWOI, by an axis that is not the last", () => {
    const kernel = kernelOf([3, 3, 8, 20]);
    const scale = scaleOf(8);
    const products = Float32Array.from(kernel.data, (x, i) => x * scale[Math.floor(i / 20) % 8]!);
    const result = rearrange(scaled(kernel, scale, [2]), [{ permute: [3, 2, 0, 1] }]);
    expectSame(result, permutedSlowly({ ...kernel, data: products }, [3, 2, 0, 1]));
  });

  it("writes into memory that is given", () => {
    const kernel = kernelOf([3, 3, 20, 37]);
    const memory = new Float32Array(kernel.data.length);
    const steps = [{ permute: [3, 2, 0, 1] }];
    const allocate = (() => memory) as unknown as Parameters<typeof rearrange>[2];
    expect(rearrange(scaled(kernel, scaleOf(37), [3]), steps, allocate).data).toBe(memory);
  });
});

describe("transposeByWasm", () => {
  it("is used where there is WebAssembly", () => {
    const kernel = Float32Array.from({ length: 4 * 1024 }, (_, i) => i);
    const result = new Float32Array(kernel.length);
    const extents = { rows: 4, columns: 1024, taps: 1 };
    expect(transposeByWasm(kernel, result, extents, Float64Array.of(1, 2, 3, 4))).toBe(true);
    expect(Array.from(result.slice(1024, 1027))).toEqual([2, 10, 18]); // row 1, twice
  });

  it.each([
    ["few numbers", { rows: 8, columns: 8, taps: 1 }],
    ["few rows", { rows: 3, columns: 2000, taps: 1 }],
    ["more taps than a block holds", { rows: 64, columns: 2, taps: 4096 }],
  ])("leaves %s to JavaScript", (_, { rows, columns, taps }) => {
    const kernel = new Float32Array(rows * columns * taps);
    const result = new Float32Array(kernel.length);
    expect(transposeByWasm(kernel, result, { rows, columns, taps }, undefined)).toBe(false);
  });
});
