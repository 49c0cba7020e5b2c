import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { random } from "@cajal/core";
import { withFasterKernels } from "./fasterKernels";

beforeAll(async () => {
  await import("@tensorflow/tfjs-backend-cpu");
  await import("@tensorflow/tfjs-layers");
  await tf.setBackend("cpu");
});

const cases: { x: number[]; filter: number[]; strides: [number, number]; pad: "same" | "valid" }[] =
  [
    { x: [2, 7, 6, 3], filter: [3, 3, 3, 4], strides: [1, 1], pad: "same" },
    { x: [2, 7, 6, 3], filter: [3, 2, 3, 4], strides: [2, 1], pad: "same" },
    { x: [1, 8, 8, 2], filter: [5, 5, 2, 1], strides: [2, 2], pad: "valid" },
    { x: [3, 5, 5, 1], filter: [1, 1, 1, 6], strides: [2, 2], pad: "same" },
    { x: [1, 3, 3, 2], filter: [5, 5, 2, 2], strides: [1, 1], pad: "same" },
  ];

const drawn = (shape: number[], name: string) => {
  const numbers = random(1, name);
  const size = shape.reduce((a, b) => a * b, 1);
  return tf.tensor(
    Float32Array.from({ length: size }, () => numbers.normal()),
    shape as [number],
  ) as tf.Tensor as tf.Tensor4D;
};

/** Both ways to a tensor's numbers, TF.js' own first. */
const both = (compute: () => tf.Tensor) => {
  const numbers = () => compute().dataSync();
  return [numbers(), withFasterKernels(tf, numbers)] as const;
};

/** Both ways to the gradient of a sum of products with y. */
const gradients = (of: (x: tf.Tensor4D) => tf.Tensor, at: tf.Tensor4D) =>
  both(() =>
    tf.grad((x: tf.Tensor) => {
      const y = of(x as tf.Tensor4D);
      return tf.sum(tf.mul(y, drawn(y.shape, "dy")));
    })(at),
  );

function same([own, ours]: readonly [ArrayLike<number>, ArrayLike<number>]): void {
  const largest = Math.max(...Array.from(own, Math.abs));
  expect(ours.length).toBe(own.length);
  // TF.js sums in float64 as well; only the order of the terms differs, and the result is float32.
  Array.from(own).forEach((value, i) =>
    expect(Math.abs(ours[i]! - value)).toBeLessThanOrEqual(1e-6 * largest),
  );
}

describe("faster kernels give TF.js' own results", () => {
  it.each(cases)(
    "conv2d of $x by $filter, strides $strides, $pad",
    ({ x, filter, strides, pad }) => {
      const [image, w] = [drawn(x, "x"), drawn(filter, "filter")];
      same(both(() => tf.conv2d(image, w, strides, pad)));
      same(gradients((kernel) => tf.conv2d(image, kernel, strides, pad), w));
      same(gradients((pixels) => tf.conv2d(pixels, w, strides, pad), image));
    },
  );

  it("conv2d dilated, of more pixels than are laid out at once, and of channels first, which is left to TF.js", () => {
    const [image, w] = [drawn([2, 43, 38, 8], "x"), drawn([3, 2, 8, 5], "filter")];
    same(both(() => tf.conv2d(image, w, 1, "same", "NHWC", [2, 3])));
    // 41 and 40 rows of 37 pixels, 18 at once: what the last 5 and 4 leave of the last strip is no pixel.
    for (const height of [43, 42]) {
      const part = tf.slice(image, 0, [2, height, 38, 8]);
      same(both(() => tf.conv2d(part, w, 1, "valid")));
    }
    same(gradients((kernel) => tf.conv2d(image, kernel, 1, "same"), w));
    same(gradients((pixels) => tf.conv2d(pixels, w, [2, 1], "valid"), image));
    const turned = tf.transpose(image, [0, 3, 1, 2]);
    same(both(() => tf.conv2d(turned, w, 1, "valid", "NCHW")));
  });

  it.each(["linear", "relu", "relu6", "sigmoid"] as const)("conv2d and products fused with a bias and %s", (activation) => {
    const [x, filter, bias] = [drawn([2, 6, 5, 3], "x"), drawn([3, 3, 3, 4], "filter"), drawn([4], "bias")];
    same(both(() => tf.fused.conv2d({ x, filter, strides: 1, pad: "same", bias, activation })));
    same(both(() => tf.fused.conv2d({ x, filter, strides: 2, pad: "valid", activation })));
    const [a, b] = [drawn([6, 7], "a"), drawn([7, 4], "b")] as tf.Tensor[];
    same(both(() => tf.fused.matMul({ a: a!, b: b!, bias, activation })));
  }); // prettier-ignore

  const orders = [
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ] as const;
  it.each(orders)("products of matrices, transposed: %s, %s", (transposeA, transposeB) => {
    const sizes: [rows: number, depth: number, columns: number][] = [[4, 7, 5], [6, 3, 4], [9, 1, 8], [5, 50, 10], [1, 6, 4], [5, 4, 1]]; // prettier-ignore
    for (const batch of [[], [3], [2, 2]])
      for (const [rows, depth, columns] of sizes) {
        const a = drawn([...batch, ...(transposeA ? [depth, rows] : [rows, depth])], "a");
        const b = drawn([...batch, ...(transposeB ? [columns, depth] : [depth, columns])], "b");
        same(both(() => tf.matMul(a as tf.Tensor, b as tf.Tensor, transposeA, transposeB)));
      }
    // One matrix for all of a batch.
    const a = drawn(transposeA ? [3, 5, 4] : [3, 4, 5], "a") as tf.Tensor;
    const b = drawn(transposeB ? [1, 6, 5] : [1, 5, 6], "b") as tf.Tensor;
    same(both(() => tf.matMul(a, b, transposeA, transposeB)));
  });

  const pairs: [number[], number[]][] = [
    [[2, 3, 4], [2, 3, 4]],
    [[2, 3, 4], [4]],
    [[2, 3, 4], []],
    [[], [5]],
    [[], []],
    [[2, 3, 4], [1, 3, 1]],
    [[2, 1, 4], [3, 1]],
    [[2, 3, 1, 5], [1, 3, 4, 1]],
    [[1, 1], [2, 3]],
    [[0, 3], [3]],
  ]; // prettier-ignore
  it.each(pairs)("sums, differences, products and quotients of %s and %s, bit for bit", (aShape, bShape) => {
    const [a, b] = [drawn(aShape, "a"), drawn(bShape, "b")] as tf.Tensor[];
    for (const operation of [tf.add, tf.sub, tf.mul, tf.div])
      for (const operands of [[a!, b!], [b!, a!]] as const) {
        expect(withFasterKernels(tf, () => operation(...operands).shape)).toEqual(operation(...operands).shape);
        const [own, ours] = both(() => operation(...operands));
        expect(ours).toEqual(own);
      }
  }); // prettier-ignore

  it("whole numbers and shapes that do not fit are TF.js'", () => {
    const [a, b] = [tf.tensor1d([7, -2], "int32"), tf.tensor1d([2, 4], "int32")];
    expect(withFasterKernels(tf, () => tf.mul(a, b).dataSync())).toEqual(Int32Array.of(14, -8));
    expect(() => withFasterKernels(tf, () => tf.add(drawn([2, 3], "a"), drawn([2], "b")))).toThrow(/broadcast/); // prettier-ignore
  });

  it.each([[0], [1], [[0, 1]], [[0, 2]], [[0, 1, 2]], [[-3, 1]]])("sums and means over axes %j", (axes) => {
    const x = drawn([4, 3, 5], "x") as tf.Tensor;
    for (const keepDims of [false, true])
      for (const reduce of [tf.sum, tf.mean]) {
        expect(withFasterKernels(tf, () => reduce(x, axes, keepDims).shape)).toEqual(reduce(x, axes, keepDims).shape);
        same(both(() => reduce(x, axes, keepDims)));
      }
  }); // prettier-ignore

  it.each(cases)(
    "depthwise of $x by $filter, strides $strides, $pad",
    ({ x, filter, strides, pad }) => {
      // TF.js' depthwise convolution takes one stride for both axes.
      const stride = [strides[0], strides[0]] as [number, number];
      const image = drawn(x, "x");
      same(gradients((w) => tf.depthwiseConv2d(image, w, stride, pad), drawn(filter, "filter")));
    },
  );

  const windows: { x: number[]; size: [number, number]; strides: [number, number]; pad: "same" | "valid" }[] = [
    { x: [2, 8, 6, 3], size: [2, 2], strides: [2, 2], pad: "valid" },
    { x: [2, 7, 6, 3], size: [3, 2], strides: [2, 1], pad: "same" },
    { x: [1, 9, 9, 2], size: [3, 3], strides: [2, 2], pad: "valid" },
    { x: [2, 5, 5, 1], size: [3, 3], strides: [1, 1], pad: "same" },
    { x: [1, 5, 7, 2], size: [1, 1], strides: [2, 3], pad: "same" },
  ]; // prettier-ignore
  it.each(windows)(
    "max pool of $x, windows $size, strides $strides, $pad, bit for bit",
    ({ x, size, strides, pad }) => {
      // In halves, so that windows have several largest values; and a window without any.
      const halves = drawn(x, "x")
        .dataSync()
        .map((value) => Math.round(2 * value) / 2);
      halves.fill(-Infinity, 0, 4).fill(NaN, 4, 6);
      const pooled = (values: tf.Tensor) => {
        const y = tf.maxPool(values as tf.Tensor4D, size, strides, pad);
        return tf.sum(tf.mul(tf.where(tf.isFinite(y), y, tf.zerosLike(y)), drawn(y.shape, "dy")));
      };
      const gradient = () =>
        tf
          .grad(pooled)(tf.tensor4d(halves, x as [number, number, number, number]))
          .dataSync();
      const own = gradient();
      expect(own.filter((value) => value !== 0).length).toBeGreaterThan(5);
      expect(withFasterKernels(tf, gradient)).toEqual(own);
    },
  );

  it("leaves TF.js as it was", () => {
    const before = tf.getKernel("Conv2DBackpropFilter", "cpu").kernelFunc;
    let within: unknown;
    expect(() =>
      withFasterKernels(tf, () => {
        within = tf.getKernel("Conv2DBackpropFilter", "cpu").kernelFunc;
        throw new Error("out");
      }),
    ).toThrow("out");
    expect(within).not.toBe(before);
    expect(tf.getKernel("Conv2DBackpropFilter", "cpu").kernelFunc).toBe(before);
  });
});
