// gamma (x - mean) / sqrt(variance + epsilon) + beta over some axes of each example (Ba et al. 2016,
// arXiv:1607.06450). TF.js' own does not compute without both gamma and beta where gradients are wanted.
import { defineTfjsLayer } from "./layer";

export const layerNormalization = defineTfjsLayer<{
  axis: number | readonly number[];
  epsilon: number;
  center: boolean;
  scale: boolean;
}>({
  className: "LayerNormalization",
  differs: ({ center, scale }) => !center || !scale,
  call: ({ axis, epsilon }, [x], { tf, weights }) => {
    const axes = [axis].flat().map((each) => (each < 0 ? each + x.rank : each));
    const { mean, variance } = tf.moments(x, axes, true);
    const y = tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, epsilon)));
    const alongAxes = x.shape.map((extent, i) => (axes.includes(i) ? extent : 1));
    const weight = (name: string) => weights[name] && tf.reshape(weights[name], alongAxes);
    const [gamma, beta] = [weight("gamma"), weight("beta")];
    const scaled = gamma ? tf.mul(y, gamma) : y;
    return beta ? tf.add(scaled, beta) : scaled;
  },
});
