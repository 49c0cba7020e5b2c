// Activations by their Keras 3 names, each as ONNX operators.
// Keras: keras.io/api/layers/activations
import { tensor } from "@cajal/core";
import type { GraphBuilder, Value } from "@cajal/onnx";

type Activation = (x: Value, g: GraphBuilder, axis: number) => Value;

/** x between two limits; ORT fuses this behind a convolution when the limits are constants. */
export const clip = (g: GraphBuilder, x: Value, least: number | undefined, most: number): Value =>
  g.op("Clip", [
    x,
    least === undefined ? undefined : g.constant(tensor("float32", [], [least])),
    g.constant(tensor("float32", [], [most])),
  ]);

const activations: Readonly<Record<string, Activation>> = {
  linear: (x) => x,
  relu: (x, g) => g.op("Relu", [x]),
  relu6: (x, g) => clip(g, x, 0, 6),
  leaky_relu: (x, g) => g.op("LeakyRelu", [x], { alpha: 0.2 }),
  elu: (x, g) => g.op("Elu", [x], { alpha: 1 }),
  selu: (x, g) => g.op("Selu", [x], { alpha: 1.6732632423543772, gamma: 1.0507009873554805 }),
  // x Φ(x), by the error function; Keras' `approximate` default is false.
  gelu: (x, g) => g.mul(g.mul(x, 0.5), g.add(g.op("Erf", [g.mul(x, Math.SQRT1_2)]), 1)),
  silu: (x, g) => g.mul(x, g.op("Sigmoid", [x])),
  sigmoid: (x, g) => g.op("Sigmoid", [x]),
  // Keras 3: relu6(x + 3) / 6. Keras 2 and TF.js: clip(0.2 x + 0.5, 0, 1).
  hard_sigmoid: (x, g) => g.op("HardSigmoid", [x], { alpha: 1 / 6, beta: 0.5 }),
  tanh: (x, g) => g.op("Tanh", [x]),
  softplus: (x, g) => g.op("Softplus", [x]),
  softsign: (x, g) => g.op("Softsign", [x]),
  exponential: (x, g) => g.op("Exp", [x]),
  softmax: (x, g, axis) => g.op("Softmax", [x], { axis }),
  log_softmax: (x, g, axis) => g.op("LogSoftmax", [x], { axis }),
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
