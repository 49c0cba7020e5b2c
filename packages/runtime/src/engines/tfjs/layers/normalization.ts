// (x - mean) / sqrt(variance), or its inverse, with mean and variance of the data.
import type * as tfc from "@tensorflow/tfjs-core";
import { defineTfjsLayer } from "./layer";

type Numbers = number | readonly unknown[] | null;

export const normalization = defineTfjsLayer<{
  axis: readonly number[] | null;
  mean: Numbers;
  variance: Numbers;
  invert: boolean;
}>({
  className: "Normalization",
  call: ({ axis, mean, variance, invert }, [x], { tf, weights }) => {
    const axes = (axis ?? []).map((each) => (each < 0 ? each + x.rank : each));
    const shape = x.shape.map((extent, i) => (axes.includes(i) ? extent : 1));
    const operand = (name: string, given: Numbers): tfc.Tensor => {
      if (given === null) return tf.reshape(weights[name]!, shape);
      const numbers = [given].flat(Infinity) as number[];
      return numbers.length === 1 ? tf.scalar(numbers[0]!) : tf.reshape(tf.tensor(numbers), shape);
    };
    const deviation = tf.maximum(tf.sqrt(operand("variance", variance)), 1e-7);
    const m = operand("mean", mean);
    return invert ? tf.add(m, tf.mul(x, deviation)) : tf.div(tf.sub(x, m), deviation);
  },
});
