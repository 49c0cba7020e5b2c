import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { random } from "@cajal/core";
import { withFasterKernels } from "./kernels";

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
  return tf.tensor4d(
    Float32Array.from({ length: size }, () => numbers.normal()),
    shape as [number, number, number, number],
  );
};

/** Both ways to a filter's gradient, TF.js' own first. */
function both(convolve: (filter: tf.Tensor4D) => tf.Tensor, filter: number[]) {
  const of = (w: tf.Tensor) => {
    const y = convolve(w as tf.Tensor4D);
    return tf.sum(tf.mul(y, drawn(y.shape, "dy")));
  };
  const gradient = () => tf.grad(of)(drawn(filter, "filter")).dataSync();
  return [gradient(), withFasterKernels(tf, gradient)] as const;
}

function same([own, ours]: readonly [ArrayLike<number>, ArrayLike<number>]): void {
  const largest = Math.max(...Array.from(own, Math.abs));
  expect(ours.length).toBe(own.length);
  // TF.js sums in float64 as well; only the order of the terms differs, and the result is float32.
  Array.from(own).forEach((value, i) =>
    expect(Math.abs(ours[i]! - value)).toBeLessThanOrEqual(1e-6 * largest),
  );
}

describe("faster kernels give TF.js' own gradients", () => {
  it.each(cases)("conv2d of $x by $filter, strides $strides, $pad", ({ x, filter, strides, pad }) =>
    same(both((w) => tf.conv2d(drawn(x, "x"), w, strides, pad), filter)),
  );

  it.each(cases)(
    "depthwise of $x by $filter, strides $strides, $pad",
    ({ x, filter, strides, pad }) => {
      // TF.js' depthwise convolution takes one stride for both axes.
      const stride = [strides[0], strides[0]] as [number, number];
      same(both((w) => tf.depthwiseConv2d(drawn(x, "x"), w, stride, pad), filter));
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
