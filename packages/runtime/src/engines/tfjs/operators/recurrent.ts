// LSTM, GRU and RNN of ONNX, one direction: x [steps, batch, features], kernels [1, gates · units, …].
import { CajalError } from "@cajal/core";
import type * as tfc from "@tensorflow/tfjs-core";
import type { TfCore } from "../peers";
import type { OperatorContext, TfjsOperator, TfjsOperators } from "./operator";

type Activation = (x: tfc.Tensor) => tfc.Tensor;

const activations: Readonly<
  Record<string, (tf: TfCore, alpha: number, beta: number) => Activation>
> = {
  tanh: (tf) => (x) => tf.tanh(x),
  sigmoid: (tf) => (x) => tf.sigmoid(x),
  relu: (tf) => (x) => tf.relu(x),
  softsign: (tf) => (x) => tf.div(x, tf.add(tf.abs(x), 1)),
  softplus: (tf) => (x) => tf.softplus(x),
  hardsigmoid: (tf, alpha, beta) => (x) => tf.clipByValue(tf.add(tf.mul(x, alpha), beta), 0, 1),
  affine: (tf, alpha, beta) => (x) => tf.add(tf.mul(x, alpha), beta),
  leakyrelu: (tf, alpha) => (x) => tf.leakyRelu(x, alpha),
  elu: (tf, alpha) => (x) => tf.where(tf.greaterEqual(x, 0), x, tf.mul(alpha, tf.expm1(tf.minimum(x, 0)))), // prettier-ignore
};
/** Number of parameters: 1 for alpha, 2 for alpha and beta. */
const parameterCounts: Readonly<Record<string, number>> = {
  hardsigmoid: 2,
  affine: 2,
  leakyrelu: 1,
  elu: 1,
};

function activationsOf({ tf, get }: OperatorContext, defaults: readonly string[]): Activation[] {
  const alphas = [...get("activation_alpha", [])];
  const betas = [...get("activation_beta", [])];
  return get("activations", defaults).map((activation) => {
    const name = activation.toLowerCase();
    const make = activations[name];
    if (!make)
      throw new CajalError("unsupported", `activation ${activation} of a recurrent layer, on TF.js. Use engine onnx.`); // prettier-ignore
    const count = parameterCounts[name] ?? 0;
    return make(tf, count > 0 ? (alphas.shift() ?? 1) : 0, count > 1 ? (betas.shift() ?? 0) : 0);
  });
}

interface Step {
  /** The states after a step, from the input's part of the gates [batch, gates · units] and the previous states. */
  (inputGates: tfc.Tensor, states: readonly tfc.Tensor[]): readonly tfc.Tensor[];
}

interface RecurrentStep {
  readonly step: Step;
  /** The bias of the input's part of the gates. */
  readonly bias: tfc.Tensor | undefined;
}

/**
 * @param count of states
 * @param make the step, of recurrent kernel [units, gates · units] and biases [gates · units] each
 */
const recurrent =
  (
    count: number,
    make: (
      context: OperatorContext,
      weights: { readonly kernel: tfc.Tensor; readonly biases: readonly tfc.Tensor[] },
    ) => RecurrentStep,
  ): TfjsOperator =>
  ([x, w, r, b, lengths, ...initial], context) => {
    const { tf, get } = context;
    const [steps, batch] = x.shape as [number, number, number];
    const units = get("hidden_size", 0);
    const toMatrix = (kernel: tfc.Tensor) => tf.transpose(tf.squeeze(kernel, [0]));
    const biases = b ? tf.split(tf.squeeze(b, [0]), 2) : [];
    const { step, bias } = make(context, { kernel: toMatrix(r!), biases });
    const flat = tf.matMul(tf.reshape(x, [steps * batch, x.shape[2]!]) as tfc.Tensor2D, toMatrix(w!) as tfc.Tensor2D); // prettier-ignore
    const inputGates = tf.unstack(tf.reshape(bias ? tf.add(flat, bias) : flat, [steps, batch, -1]));
    let states: readonly tfc.Tensor[] = Array.from({ length: count }, (_, i) =>
      initial[i] ? tf.squeeze(initial[i], [0]) : tf.zeros([batch, units]),
    );
    const isReverse = get("direction", "forward") === "reverse";
    const order = inputGates.map((_, i) => i);
    const outputs: tfc.Tensor[] = [];
    for (const stepIndex of isReverse ? order.toReversed() : order) {
      const next = step(inputGates[stepIndex]!, states);
      if (!lengths) {
        states = next;
        outputs[stepIndex] = next[0]!;
        continue;
      }
      // Steps beyond a sequence's length keep the states, and output zeros.
      // TF.js has the gradient of this comparison alone, and of floating-point numbers.
      const isValidStep = tf.expandDims(
        tf.greaterEqual(tf.cast(lengths, "float32"), stepIndex + 1),
        1,
      );
      states = next.map((state, i) => tf.where(isValidStep, state, states[i]!));
      outputs[stepIndex] = tf.where(isValidStep, next[0]!, tf.zerosLike(next[0]!));
    }
    const y = tf.expandDims(tf.stack(outputs), 1);
    return [y, ...states.map((state) => tf.expandDims(state, 0))];
  };

export const recurrence: TfjsOperators = {
  RNN: recurrent(1, (context, { kernel, biases }) => {
    const { tf } = context;
    const [f] = activationsOf(context, ["Tanh"]) as [Activation];
    return {
      bias: biases.length > 0 ? tf.addN([...biases]) : undefined,
      step: (inputGates, [h]) => [
        f(tf.add(inputGates, tf.matMul(h as tfc.Tensor2D, kernel as tfc.Tensor2D))),
      ],
    };
  }),
  LSTM: recurrent(2, (context, { kernel, biases }) => {
    const { tf } = context;
    const [f, g, h] = activationsOf(context, ["Sigmoid", "Tanh", "Tanh"]) as [Activation, Activation, Activation]; // prettier-ignore
    return {
      bias: biases.length > 0 ? tf.addN([...biases]) : undefined,
      step: (inputGates, [state, cell]) => {
        const z = tf.add(inputGates, tf.matMul(state as tfc.Tensor2D, kernel as tfc.Tensor2D));
        const [i, o, forget, c] = tf.split(z, 4, 1) as [tfc.Tensor, tfc.Tensor, tfc.Tensor, tfc.Tensor]; // prettier-ignore
        const next = tf.add(tf.mul(f(forget), cell!), tf.mul(f(i), g(c)));
        return [tf.mul(f(o), h(next)), next];
      },
    };
  }),
  GRU: recurrent(1, (context, { kernel, biases: [inputBias, recurrentBias] }) => {
    const { tf, get } = context;
    const [f, g] = activationsOf(context, ["Sigmoid", "Tanh"]) as [Activation, Activation];
    const units = kernel.shape[0]!;
    const resetsAfterProduct = get("linear_before_reset", 0) === 1;
    const [gates, candidate] = tf.split(kernel, [2 * units, units], 1) as [tfc.Tensor, tfc.Tensor];
    const [gateBias, candidateBias] = recurrentBias
      ? tf.split(recurrentBias, [2 * units, units])
      : [];
    const product = (x: tfc.Tensor, w: tfc.Tensor, b: tfc.Tensor | undefined) => {
      const y = tf.matMul(x as tfc.Tensor2D, w as tfc.Tensor2D);
      return b ? tf.add(y, b) : y;
    };
    return {
      bias: inputBias,
      step: (inputGates, [h]) => {
        const [zr, n] = tf.split(inputGates, [2 * units, units], 1) as [tfc.Tensor, tfc.Tensor];
        const [z, r] = tf.split(f(tf.add(zr, product(h!, gates, gateBias))), 2, 1) as [tfc.Tensor, tfc.Tensor]; // prettier-ignore
        const recurrentPart = resetsAfterProduct
          ? tf.mul(r, product(h!, candidate, candidateBias))
          : product(tf.mul(r, h!), candidate, candidateBias);
        const next = g(tf.add(n, recurrentPart));
        return [tf.add(tf.mul(z, h!), tf.mul(tf.sub(1, z), next))];
      },
    };
  }),
};
