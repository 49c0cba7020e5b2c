import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { isCajalError, preprocessInput, tensor, type Preprocessing } from "@cajal/core";
import { describeWithShared } from "../../../core/testing/shared";
import { models } from "../networks";

describe("preprocessInput", () => {
  it("turns channels where caffe does, and leaves them elsewhere", () => {
    const pixel = tensor("uint8", [1, 1, 3], [255, 0, 51]);
    // By hand: blue 51 - 103.939, green 0 - 116.779, red 255 - 123.68.
    expect([...preprocessInput(pixel, "caffe").data]).toEqual(
      [-52.939, -116.779, 131.32].map((value) => expect.closeTo(value, 4)),
    );
    expect([...preprocessInput(pixel, "tf").data]).toEqual([1, -1, expect.closeTo(-0.6, 6)]);
    expect([...preprocessInput(pixel, "torch").data]).toEqual([
      expect.closeTo((1 - 0.485) / 0.229, 5),
      expect.closeTo(-0.456 / 0.224, 5),
      expect.closeTo((0.2 - 0.406) / 0.225, 5),
    ]);
  });

  it.each(["tf", "caffe", "torch"] as const)(
    "makes of bytes what it makes of the same numbers, wherever they lie: %s",
    (mode) => {
      const memory = Uint8Array.from({ length: 64 }, (_, i) => i * 71);
      for (let offset = 0; offset < 5; offset++)
        for (let width = 0; width < 12; width++) {
          const bytes = memory.subarray(offset, offset + 3 * width);
          const shape = [1, width, 3];
          const x = preprocessInput(tensor("uint8", shape, bytes), mode);
          expect(x).toEqual(
            preprocessInput(tensor("float32", shape, Float32Array.from(bytes)), mode),
          );
        }
    },
  );

  it("leaves its argument as it is", () => {
    const pixels = tensor("float32", [1, 1, 1, 3], [1, 2, 3]);
    const { shape } = preprocessInput(pixels, "caffe");
    expect(shape).toEqual([1, 1, 1, 3]);
    expect([...pixels.data]).toEqual([1, 2, 3]);
  });

  it.each([
    ["unknown-name", () => preprocessInput(tensor("uint8", [1, 1, 3]), "cafe" as Preprocessing)],
    ["bad-argument", () => preprocessInput(tensor("int32", [1, 1, 3]), "tf")],
    ["bad-shape", () => preprocessInput(tensor("uint8", [1, 1, 4]), "tf")],
    ["bad-shape", () => preprocessInput(tensor("uint8", [3]), "tf")],
  ] as const)("refuses with %s", (code, refused) => {
    try {
      refused();
      expect.unreachable();
    } catch (error) {
      expect(isCajalError(error, code)).toBe(true);
    }
  });
});

describeWithShared("preprocessInput is Keras'", "reference/keras/preprocessing.json", (path) => {
  const reference: {
    input: { shape: number[]; data: number[] };
    models: { model: string; mode: string; output: { shape: number[]; data: number[] } }[];
  } = JSON.parse(readFileSync(path, "utf8"));

  it.each(reference.models)("$model: $mode", ({ model, mode, output }) => {
    const { preprocessing } = models.find(({ name }) => name === model)!;
    expect(preprocessing).toBe(mode);
    for (const dtype of ["uint8", "float32"] as const) {
      const pixels = tensor(dtype, reference.input.shape, reference.input.data);
      const { shape, data } = preprocessInput(pixels, preprocessing!);
      expect(shape).toEqual(output.shape);
      // To the last bit of float32.
      expect([...data]).toEqual([...new Float32Array(output.data)]);
    }
  });
});
