// Resizing, as Keras 3.15.1 on TensorFlow has it: with borders, cuts, and at places between pixels.
import { tensor } from "@cajal/core";
import { expect, it } from "vitest";
import { runOnnx } from "../../testing/runOnnx";
import { single } from "../../testing/checkLayer";
import { toOnnx } from "../lower/lower";

it.each([
  ["columns", [1, 4, 1, 1]],
  ["rows", [1, 1, 4, 1]],
])(
  "puts equal borders of %s around an image, also of 3 pixels that are missing",
  async (_, shape) => {
    const config = { height: 4, width: 4, pad_to_aspect_ratio: true, interpolation: "nearest" };
    const model = toOnnx(single("Resizing", config, [{ shape }]), new Map());
    const x = tensor("float32", shape, [1, 2, 3, 4]);
    const [y] = Object.values(await runOnnx(model, { [model.graph.inputs[0]!.name]: x }));
    const columns = [0, 1, 1, 0, 0, 2, 2, 0, 0, 3, 3, 0, 0, 4, 4, 0];
    const rows = [0, 0, 0, 0, 1, 2, 3, 4, 1, 2, 3, 4, 0, 0, 0, 0];
    expect([...y!.data].map(Number)).toEqual(shape[2] === 1 ? columns : rows);
  },
);

it.each(["nearest", "bilinear", "bicubic", "lanczos3"])(
  "takes a pixel at least of an image that is long, %s",
  async (interpolation) => {
    const config = { height: 2, width: 1, crop_to_aspect_ratio: true, interpolation };
    const shape = [1, 1, 4, 1];
    const model = toOnnx(single("Resizing", config, [{ shape }]), new Map());
    const x = tensor("float32", shape, [1, 2, 3, 4]);
    const [y] = Object.values(await runOnnx(model, { [model.graph.inputs[0]!.name]: x }));
    // The second of four: what is left over before it is cut to a whole number.
    expect([...y!.data].map(Number)).toEqual([2, 2]);
  },
);

// Rows 182 and 294 lie between two of the 1,024 steps of a pixel: float32 decides.
it.each([
  ["bicubic", [202.41553, 113.91259, 205.708, -11.462487]],
  ["lanczos3", [211.04349, 96.26832, 224.13419, -23.576424]],
])("places pixels of %s in float32", async (interpolation, expected) => {
  const shape = [1, 133, 1, 1];
  const model = toOnnx(single("Resizing", { height: 318, width: 1, interpolation }, [{ shape }]), new Map()); // prettier-ignore
  const x = tensor(
    "float32",
    shape,
    Array.from({ length: 133 }, (_, i) => (i * 97) % 256),
  );
  const [y] = Object.values(await runOnnx(model, { [model.graph.inputs[0]!.name]: x }));
  [182, 294, 100, 317].forEach((row, k) =>
    expect(Math.abs(Number(y!.data[row]) - expected[k]!)).toBeLessThan(4e-4),
  );
});

// Every place lies in the middle of two pixels, of which TensorFlow takes the second: ONNX Runtime's Resize did not in 15
// of 28 rows.
it.each([392, null])("takes the second of two pixels as near, of %s rows", async (height) => {
  const config = { height: 28, width: 1, interpolation: "nearest" };
  const model = toOnnx(
    single("Resizing", config, [{ shape: [1, height, 1, 1] as number[] }]),
    new Map(),
  );
  const x = tensor(
    "float32",
    [1, 392, 1, 1],
    Array.from({ length: 392 }, (_, i) => i),
  );
  const [y] = Object.values(await runOnnx(model, { [model.graph.inputs[0]!.name]: x }));
  expect([...y!.data]).toEqual(Array.from({ length: 28 }, (_, i) => 14 * i + 7));
});
