// Graphs and files that ONNX Runtime refuses, or computes wrongly, as they are written.
import { tensor } from "@cajal/core";
import { encodeModel, GraphBuilder, type OnnxModel } from "@cajal/onnx";
import { expect, it } from "vitest";
import { open } from "../../open";

const attributes = { auto_pad: "SAME_UPPER", dilations: [2], kernel_shape: [3] } as const;
const x = tensor("float32", [1, 1, 5], [1, 2, 3, 4, 5]);

const predict = async (form: OnnxModel | Uint8Array) => {
  await using session = await open(form, { device: "cpu" });
  return [...(await session.predict(x)).data];
};

const ops = ["Conv", "MaxPool"] as const;
it.each(ops)("%s with dilations and padding same", async (op) => {
  const g = new GraphBuilder();
  const image = g.input("x", "float32", [1, 1, "length"]);
  const w = g.initializer("w", tensor("float32", [1, 1, 3], [1, 10, 100]));
  g.output(op === "Conv" ? g.conv(image, w, undefined, attributes) : g.op(op, [image], attributes));
  // y[i] = x[i − 2] + 10 x[i] + 100 x[i + 2], or the largest of the three.
  const expected = op === "Conv" ? [310, 420, 531, 42, 53] : [3, 4, 5, 4, 5];
  expect(await predict(g.build())).toEqual(expected);
  expect(await predict(encodeModel(g.build()))).toEqual(expected);
});

// Of five elements the first, as TensorFlow reads them: less than no padding is none.
it.each(ops)("%s of one element with strides and padding same", async (op) => {
  const g = new GraphBuilder();
  const image = g.input("x", "float32", [1, 1, "length"]);
  const w = g.initializer("w", tensor("float32", [1, 1, 1], [10]));
  const windows = { auto_pad: "SAME_UPPER", strides: [7] } as const;
  g.output(op === "Conv" ? g.conv(image, w, undefined, windows) : g.op(op, [image], { ...windows, kernel_shape: [1] })); // prettier-ignore
  const expected = op === "Conv" ? [10] : [1];
  expect(await predict(g.build())).toEqual(expected);
  expect(await predict(encodeModel(g.build()))).toEqual(expected);
});

it("opens files of a format version that ONNX Runtime does not know yet", async () => {
  const g = new GraphBuilder();
  g.output(g.mul(g.input("x", "float32", [1, 1, 5]), 3));
  const newer = { ...g.build(), irVersion: 14 };
  expect(await predict(newer)).toEqual([3, 6, 9, 12, 15]);
  expect(await predict(encodeModel(newer))).toEqual([3, 6, 9, 12, 15]);
});

it.each(["cpu", "wasm"] as const)(
  "tells of extents that are free and have no name, and takes any, on %s",
  async (device) => {
    const g = new GraphBuilder();
    g.output(g.mul(g.input("x", "float32", ["batch", undefined, 2]), 3));
    await using session = await open(g.build(), { device });
    expect(session.inputs[0]!.shape).toEqual(["batch", undefined, 2]);
    for (const steps of [1, 4])
      expect((await session.predict(tensor("float32", [1, steps, 2]))).shape).toEqual([
        1,
        steps,
        2,
      ]);
  },
);

it.each(["cpu", "wasm"] as const)(
  "splits into more parts than fit a list of a kilobyte, on %s",
  async (device) => {
    const g = new GraphBuilder();
    const sizes = Array.from({ length: 200 }, (_, i) => 1 + (i % 2));
    const parts = g.split(g.input("x", "float32", [300]), { axis: 0, sizes });
    g.output(g.concat([parts[199]!, parts[0]!], { axis: 0 }));
    await using session = await open(g.build(), { device });
    const y = await session.predict(tensor("float32", [300], Array.from({ length: 300 }, (_, i) => i))); // prettier-ignore
    expect([...y.data]).toEqual([298, 299, 0]);
  },
);
