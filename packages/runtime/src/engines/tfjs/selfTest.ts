// Some GPU drivers silently compute wrong results. Checking a whole model on TF.js' JavaScript backend, the only one
// available everywhere, would take minutes; so a GPU is checked once, on one of each operation that networks use.
import { CajalError, isCajalError, random } from "@cajal/core";
import type { Rank, ShapeMap, Tensor } from "@tensorflow/tfjs-core";
import type { TfCore } from "./peers";
import { tfjsOn, type Tfjs } from "./backend";

type Operations = Readonly<Record<string, (tf: TfCore) => Tensor>>;

const results = new Map<string, Promise<void>>();
const gradientResults = new Map<string, Promise<void>>();

/**
 * Compares a device with TF.js' cpu backend, once per process; does nothing where that is not installed.
 *
 * @throws CajalError `engine` naming the operation that differs
 */
export function checkOnce(tfjs: Tfjs): Promise<void> {
  const result = results.get(tfjs.device) ?? selfTest(tfjs);
  results.set(tfjs.device, result);
  return result;
}

/** As {@link checkOnce}, gradients of operations too. */
export async function checkGradientsOnce(tfjs: Tfjs): Promise<void> {
  await checkOnce(tfjs);
  const result = gradientResults.get(tfjs.device) ?? selfTest(tfjs, gradients);
  gradientResults.set(tfjs.device, result);
  return result;
}

export async function selfTest(tfjs: Tfjs, checked: Operations = operations): Promise<void> {
  const reference = await tfjsOn("cpu").catch((error: unknown) => {
    if (isCajalError(error, "missing-peer")) return undefined;
    throw error;
  });
  if (!reference) return;
  for (const [name, operation] of Object.entries(checked)) {
    const [got, expected] = await Promise.all(
      [tfjs, reference].map(async ({ tf, runOnBackend: on }) => {
        const result = on(() => tf.tidy(() => operation(tf)));
        const values = Array.from(await result.data(), Number);
        on(() => result.dispose());
        return values;
      }),
    );
    const largest = expected!.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
    const difference = expected!.reduce((max, value, i) => {
      const distance = Math.abs(got![i]! - value);
      return distance <= max ? max : distance; // NaN is the largest
    }, 0);
    // Half floats, which WebGL on phones computes in, have 10 bits.
    if (!(difference <= 0.01 * largest))
      throw new CajalError(
        "engine",
        `engine tfjs computes wrongly on device ${tfjs.device}: ${name} differs from the CPU's by ` +
          `${difference.toPrecision(3)}, its largest value is ${largest.toPrecision(3)}. ` +
          "The device's driver is at fault: update it, or use another device.",
        { engine: "tfjs", device: tfjs.device, operation: name, difference, largest },
      );
  }
}

function noise<R extends Rank>(tf: TfCore, name: string, shape: ShapeMap[R]): Tensor<R> {
  const numbers = random(0, "self-test", name);
  const size = shape.reduce((product, extent) => product * extent, 1);
  return tf.tensor<R>(
    Float32Array.from({ length: size }, () => 2 * numbers.float() - 1),
    shape,
  );
}

const image = (tf: TfCore) => noise<Rank.R4>(tf, "image", [2, 11, 12, 6]);

const operations: Operations = {
  conv2d: (tf) => tf.conv2d(image(tf), noise<Rank.R4>(tf, "kernel", [5, 5, 6, 16]), 1, "valid"),
  "conv2d, stride 2": (tf) =>
    tf.conv2d(image(tf), noise<Rank.R4>(tf, "kernel", [3, 3, 6, 8]), 2, "same"),
  "conv2d, 1 × 1": (tf) =>
    tf.conv2d(image(tf), noise<Rank.R4>(tf, "kernel", [1, 1, 6, 32]), 1, "same"),
  depthwiseConv2d: (tf) =>
    tf.depthwiseConv2d(image(tf), noise<Rank.R4>(tf, "kernel", [3, 3, 6, 1]), 2, "same"),
  maxPool: (tf) => tf.maxPool(image(tf), 3, 2, "same"),
  avgPool: (tf) => tf.avgPool(image(tf), 3, 1, "same"),
  mean: (tf) => tf.mean(image(tf), [1, 2]),
  matMul: (tf) => tf.matMul(noise<Rank.R2>(tf, "a", [5, 130]), noise<Rank.R2>(tf, "b", [130, 33])),
  softmax: (tf) => tf.softmax(noise<Rank.R2>(tf, "logits", [4, 50])),
  concat: (tf) => tf.concat([image(tf), tf.relu6(tf.mul(image(tf), 10))], 3),
};

/** Of a random sum of an operation's output, by its input or kernel. */
export const gradients: Operations = {
  "the gradient of conv2d by its input": (tf) =>
    tf.grad((x: Tensor) => sumOf(tf, tf.conv2d(x as Tensor<Rank.R4>, noise<Rank.R4>(tf, "kernel", [3, 3, 6, 8]), 2, "same")))(image(tf)), // prettier-ignore
  "the gradient of conv2d by its kernel": (tf) =>
    tf.grad((w: Tensor) => sumOf(tf, tf.conv2d(image(tf), w as Tensor<Rank.R4>, 1, "same")))(noise(tf, "kernel", [3, 3, 6, 8])), // prettier-ignore
  "the gradient of depthwiseConv2d by its kernel": (tf) =>
    tf.grad((w: Tensor) => sumOf(tf, tf.depthwiseConv2d(image(tf), w as Tensor<Rank.R4>, 1, "same")))(noise(tf, "kernel", [3, 3, 6, 1])), // prettier-ignore
  "the gradient of maxPool": (tf) =>
    tf.grad((x: Tensor) => sumOf(tf, tf.maxPool(x as Tensor<Rank.R4>, 2, 2, "valid")))(image(tf)),
  "the gradient of avgPool": (tf) =>
    tf.grad((x: Tensor) => sumOf(tf, tf.avgPool(x as Tensor<Rank.R4>, 3, 1, "same")))(image(tf)),
  "the gradient of matMul": (tf) =>
    tf.grad((b: Tensor) => sumOf(tf, tf.matMul(noise<Rank.R2>(tf, "a", [5, 130]), b as Tensor<Rank.R2>)))(noise(tf, "b", [130, 33])), // prettier-ignore
};

const sumOf = (tf: TfCore, y: Tensor): Tensor => tf.sum(tf.mul(y, noise(tf, "dy", y.shape as ShapeMap[Rank]))); // prettier-ignore
