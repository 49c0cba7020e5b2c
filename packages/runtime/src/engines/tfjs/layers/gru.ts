// Gated recurrent unit with reset_after, Keras' default: the reset gate is applied after the recurrent
// product (Cho et al. 2014, arXiv:1406.1078 v1). TF.js has the other form only.
import type * as tfc from "@tensorflow/tfjs-core";
import type { TfCore } from "../peers";
import { activate } from "../activations";
import { defineTfjsLayer } from "./layer";

export interface GruConfig {
  readonly units: number;
  readonly activation: string;
  readonly recurrent_activation: string;
  readonly reset_after: boolean;
  readonly return_sequences: boolean;
  readonly return_state: boolean;
  readonly go_backwards: boolean;
}

interface GruWeights {
  /** [features, 3 · units]: update, reset, candidate. */
  readonly kernel: tfc.Tensor;
  /** [units, 3 · units] */
  readonly recurrentKernel: tfc.Tensor;
  /** [2, 3 · units]: the kernel's and the recurrent kernel's own. */
  readonly bias: tfc.Tensor | undefined;
}

export const gru = defineTfjsLayer<Readonly<Record<string, unknown>> & GruConfig>({
  className: "GRU",
  differs: ({ reset_after }) => reset_after,
  call: (config, [x, state], { tf, weights }) => {
    const { states, last } = runGru(tf, config, { x, state }, gruWeights(weights, ""));
    const y = config.return_sequences ? tf.stack([...states], 1) : last;
    return config.return_state ? [y, last] : y;
  },
});

/** The weights whose names begin so, e.g. with "forward_". */
export function gruWeights(
  weights: Readonly<Record<string, tfc.Tensor>>,
  prefix: string,
): GruWeights {
  const find = (name: string) =>
    Object.entries(weights).find(
      ([key]) => key.startsWith(prefix) && key.endsWith(`/${name}`),
    )?.[1];
  return {
    kernel: find("kernel")!,
    recurrentKernel: find("recurrent_kernel")!,
    bias: find("bias"),
  };
}

/**
 * The states of a GRU over a sequence, in the order in which they come to be.
 *
 * @param from.x [batch, steps, features]
 * @param from.state the state before, [batch, units]; zeros if absent
 */
export function runGru(
  tf: TfCore,
  { units, activation, recurrent_activation, go_backwards }: GruConfig,
  { x, state }: { x: tfc.Tensor; state: tfc.Tensor | undefined },
  { kernel, recurrentKernel, bias }: GruWeights,
): { states: readonly tfc.Tensor[]; last: tfc.Tensor } {
  const [batch, steps, features] = x.shape;
  const biases = bias ? tf.unstack(bias) : [];
  const product = (a: tfc.Tensor, w: tfc.Tensor, b: tfc.Tensor | undefined) => {
    const y = tf.matMul(a, w);
    return tf.split(b ? tf.add(y, b) : y, 3, 1);
  };
  let h: tfc.Tensor = state ?? tf.zeros([batch, units]);
  const states: tfc.Tensor[] = [];
  const inputs = tf.unstack(tf.reshape(x, [batch, steps!, features!]), 1);
  for (const step of go_backwards ? inputs.toReversed() : inputs) {
    const [xz, xr, xh] = product(step, kernel, biases[0]);
    const [hz, hr, hh] = product(h, recurrentKernel, biases[1]);
    const z = activate(tf, recurrent_activation, tf.add(xz!, hz!));
    const r = activate(tf, recurrent_activation, tf.add(xr!, hr!));
    const candidate = activate(tf, activation, tf.add(xh!, tf.mul(r, hh!)));
    h = tf.add(tf.mul(z, h), tf.mul(tf.sub(1, z), candidate)); // h' = z h + (1 − z) candidate
    states.push(h);
  }
  return { states, last: h };
}
