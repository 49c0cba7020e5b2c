import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, it } from "vitest";
import { opsTfjs } from "./ops";

beforeAll(async () => {
  await import("@tensorflow/tfjs-backend-cpu");
  await import("@tensorflow/tfjs-layers");
  await tf.setBackend("cpu");
});

const ops = opsTfjs(tf);

// Sums by hand: what is chosen has its own slope, and the choice none.
it.each([
  ["greater", [0, 0, 1]],
  ["less", [1, 0, 0]],
  ["equal", [0, 1, 0]],
] as const)("goes back through what %s chooses", async (name, expected) => {
  const chosen = (x: tf.Tensor) =>
    tf.sum(ops.where(ops[name](x, 0.5), ops.mul(x, 3), ops.mul(x, 0)));
  const slope = await tf
    .grad(chosen)(tf.tensor1d([-1, 0.5, 2]))
    .array();
  expect(slope).toEqual(expected.map((each) => 3 * each));
  const against = await tf
    .grad((x) => chosen(tf.mul(x, tf.ones([2, 3]))))(tf.ones([2, 1]))
    .array();
  expect(against).toEqual(name === "greater" ? [[9], [9]] : [[0], [0]]);
});

it("has slope 0 of an absolute value at 0, as TensorFlow has it", async () => {
  const slope = tf.grad((x) => tf.sum(ops.abs(x)))(tf.tensor1d([-2, 0, 3]));
  expect(await slope.array()).toEqual([-1, 0, 1]);
});
