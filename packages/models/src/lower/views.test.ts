import { sizeOf, tensor } from "@cajal/core";
import { describe, expect, it } from "vitest";
import { inverse, rearrange, shapeAfter } from "./views";
import { type Step } from "../layers/definition/weightLayout";

const countingTensor = (shape: readonly number[]) =>
  tensor(
    "float32",
    shape,
    Array.from({ length: sizeOf(shape) }, (_, i) => i),
  );

describe("rearrange", () => {
  it("permutes: entry [i, j, k] of the result is entry [k, i, j]", () => {
    const result = rearrange(countingTensor([4, 2, 3]), [{ permute: [1, 2, 0] }]);
    expect(result.shape).toEqual([2, 3, 4]);
    for (let i = 0; i < 2; i++)
      for (let j = 0; j < 3; j++)
        for (let k = 0; k < 4; k++)
          expect(result.data[(i * 3 + j) * 4 + k]).toBe((k * 2 + i) * 3 + j);
  });

  it("permutes what is larger than its tiles, with axes of one between", () => {
    const [h, w, i, o] = [3, 1, 41, 70] as const; // HWIO -> OIHW
    const result = rearrange(countingTensor([h, w, i, o]), [{ permute: [3, 2, 0, 1] }]);
    expect(result.shape).toEqual([o, i, h, w]);
    for (let a = 0; a < o; a++)
      for (let b = 0; b < i; b++)
        for (let c = 0; c < h; c++)
          expect(result.data[(a * i + b) * h + c]).toBe((c * i + b) * o + a);
  });

  it("reorders an axis: entry i of the result is entry order[i]", () => {
    const result = rearrange(countingTensor([2, 3, 2]), [
      { reorder: { axis: 1, order: [2, 0, 1] } },
    ]);
    expect([...result.data]).toEqual([4, 5, 0, 1, 2, 3, 10, 11, 6, 7, 8, 9]);
  });

  it("leaves the source as it is", () => {
    const source = countingTensor([2, 3]);
    rearrange(source, [{ permute: [1, 0] }, { reorder: { axis: 0, order: [2, 1, 0] } }]);
    expect([...source.data]).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it.each<[string, readonly number[], Step[]]>([
    ["a kernel", [3, 2, 5, 7], [{ permute: [3, 2, 0, 1] }]],
    ["a depthwise kernel", [3, 2, 5, 2], [{ permute: [2, 3, 0, 1] }, { reshape: [10, 1, 3, 2] }]],
    [
      "gates",
      [5, 12],
      [
        { reshape: [5, 4, 3] },
        { reorder: { axis: 1, order: [0, 3, 1, 2] } },
        { permute: [1, 2, 0] },
        { reshape: [1, 12, 5] },
      ],
    ],
    ["nothing", [3, 4], []],
    ["a scalar", [], [{ permute: [] }]],
  ])("can be taken back: %s", (_, shape, steps) => {
    const source = countingTensor(shape);
    const rearranged = rearrange(source, steps);
    expect(rearranged.shape).toEqual(shapeAfter(shape, steps));
    expect(rearrange(rearranged, inverse(steps, shape))).toEqual(source);
  });
});
