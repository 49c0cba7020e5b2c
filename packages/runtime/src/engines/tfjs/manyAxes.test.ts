import * as tf from "@tensorflow/tfjs-core";
import { afterEach, beforeEach, expect, it } from "vitest";
import { tfjsOn } from "./backend";
import { takeManyAxes } from "./manyAxes";

const names = ["PadV2", "Reverse"];
let originals: tf.KernelConfig[];
beforeEach(async () => {
  await tfjsOn("cpu"); // with its gradients
  await tf.setBackend("cpu");
  originals = names.map((name) => tf.getKernel(name, "cpu"));
});
const register = (kernels: readonly tf.KernelConfig[]) => {
  for (const kernel of kernels) {
    tf.unregisterKernel(kernel.kernelName, "cpu");
    tf.registerKernel(kernel);
  }
};
afterEach(() => register(originals));

/** TF.js' backend for the CPU, as those for GPUs are. */
function refuseFiveAxes() {
  register(
    originals.map((kernel) => ({
      ...kernel,
      kernelFunc: (args) => {
        if ((args.inputs as { x: tf.Tensor }).x.shape.length > 4) throw new Error("five axes");
        return kernel.kernelFunc(args);
      },
    })),
  );
}

const image = () => tf.reshape(tf.range(0, 48), [2, 2, 3, 2, 2]);
const paddings: [number, number][] = [[0, 0], [1, 0], [0, 2], [1, 1], [0, 0]]; // prettier-ignore

it.each<[string, () => tf.Tensor]>([
  ["a pad", () => tf.pad(image(), paddings, -7)],
  ["a pad of nothing", () => tf.pad(image(), paddings.map(() => [0, 0]))], // prettier-ignore
  ["a pad of every axis", () => tf.pad(image(), paddings.map(() => [1, 2]))], // prettier-ignore
  ["a reversal", () => tf.reverse(image(), [0, 2, -1])],
  ["a reversal of one axis", () => tf.reverse(image(), 3)],
  ["the gradient of a slice", () => tf.grad((x) => tf.square(tf.slice(x, [0, 1, 1, 0, 0], [2, 1, 2, 1, 2])))(image())], // prettier-ignore
  ["four axes", () => tf.pad(tf.ones([1, 2, 2, 1]), [[0, 0], [1, 0], [0, 1], [0, 0]])], // prettier-ignore
])("%s is what the CPU's kernel makes of it, and leaves no memory behind", (_, compute) => {
  const expected = compute();
  refuseFiveAxes();
  takeManyAxes(tf, "cpu");
  takeManyAxes(tf, "cpu"); // once
  const before = [tf.memory().numTensors, tf.engine().backend.numDataIds()];
  const got = tf.tidy(compute);
  expect(got.shape).toEqual(expected.shape);
  expect([...got.dataSync()]).toEqual([...expected.dataSync()]);
  got.dispose();
  expect([tf.memory().numTensors, tf.engine().backend.numDataIds()]).toEqual(before);
});
