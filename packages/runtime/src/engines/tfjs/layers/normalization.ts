// (x - mean) / sqrt(variance), or its inverse, with mean and variance of the data.
import type * as tfc from "@tensorflow/tfjs-core";
import { defineTfjsLayer } from "./layer";

export const normalization = defineTfjsLayer<{
  axis: readonly number[] | null;
  mean: readonly number[] | null;
  variance: readonly number[] | null;
  invert: boolean;
}>({
  className: "Normalization",
  call: ({ axis, mean, variance, invert }, [x], { tf, weights }) => {
    const axes = (axis ?? []).map((each) => (each < 0 ? each + x.rank : each));
    const shape = x.shape.map((extent, i) => (axes.includes(i) ? extent : 1));
    const operand = (name: string, numbers: readonly number[] | null): tfc.Tensor => {
      if (numbers?.length === 1) return tf.scalar(numbers[0]!);
      return tf.reshape(numbers ? tf.tensor([...numbers]) : weights[name]!, shape);
    };
    const deviation = tf.maximum(tf.sqrt(operand("variance", variance)), 1e-7);
    const m = operand("mean", mean);
    return invert ? tf.add(m, tf.mul(x, deviation)) : tf.div(tf.sub(x, m), deviation);
  },
});
