// Activations by their Keras 3 names, each as ONNX operators.
// Keras: keras.io/api/layers/activations
import type { GraphBuilder, Value } from "@cajal/onnx";

type Activation = (x: Value, g: GraphBuilder, axis: number) => Value;

const activations: Readonly<Record<string, Activation>> = {
  linear: (x) => x,
  relu: (x, g) => g.relu(x),
  relu6: (x, g) => g.clip(x, { min: 0, max: 6 }),
  leaky_relu: (x, g) => g.leakyRelu(x, { alpha: 0.2 }),
  elu: (x, g) => g.elu(x, { alpha: 1 }),
  selu: (x, g) => g.selu(x, { alpha: 1.6732632423543772, gamma: 1.0507009873554805 }),
  // x Φ(x), by the error function; Keras' `approximate` default is false.
  gelu: (x, g) => g.mul(g.mul(x, 0.5), g.add(g.erf(g.mul(x, Math.SQRT1_2)), 1)),
  silu: (x, g) => g.mul(x, g.sigmoid(x)),
  sigmoid: (x, g) => g.sigmoid(x),
  // relu6(x + 3) / 6
  hard_sigmoid: (x, g) => g.hardSigmoid(x, { alpha: 1 / 6, beta: 0.5 }),
  // What Keras 2 and TF.js call hard_sigmoid: clip(0.2 x + 0.5, 0, 1).
  keras2_hard_sigmoid: (x, g) => g.hardSigmoid(x, { alpha: 0.2, beta: 0.5 }),
  tanh: (x, g) => g.tanh(x),
  softplus: (x, g) => g.softplus(x),
  softsign: (x, g) => g.softsign(x),
  exponential: (x, g) => g.exp(x),
  softmax: (x, g, axis) => g.softmax(x, { axis }),
  log_softmax: (x, g, axis) => g.logSoftmax(x, { axis }),
};

/** The names that a layer's `activation` may have. */
export const activationNames: readonly string[] = Object.keys(activations);

/**
 * `activation(x)`.
 *
 * @param axis the axis in the graph along which softmax sums to 1: Keras' last
 */
export const activate = (name: string, x: Value, g: GraphBuilder, axis: number): Value =>
  activations[name]!(x, g, axis);
