// Keras 3's activations in TF.js' operations, and their registration for TF.js' own layers.
// keras.io/api/layers/activations
import { activationOf } from "@cajal/models";
import { GraphBuilder } from "@cajal/onnx";
import type * as tfc from "@tensorflow/tfjs-core";
import type { TfCore } from "./peers";
import { runGraph } from "./runGraph";

type Activation = (tf: TfCore, x: tfc.Tensor) => tfc.Tensor;

const activations: Readonly<Record<string, Activation>> = {
  linear: (_, x) => x,
  relu: (tf, x) => tf.relu(x),
  // TF.js' own relu6 has slope 1 at 6, where TensorFlow's has 0.
  relu6: (tf, x) => tf.minimum(6, tf.relu(x)),
  leaky_relu: (tf, x) => tf.leakyRelu(x, 0.2),
  elu: (tf, x) => tf.elu(x),
  // TF.js' own selu has the left side's slope at 0, TensorFlow's the right side's.
  selu: (tf, x) =>
    tf.mul(
      1.0507009873554805,
      tf.where(tf.greaterEqual(x, 0), x, tf.mul(1.6732632423543772, tf.expm1(tf.minimum(x, 0)))),
    ),
  gelu: (tf, x) => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1)),
  silu: (tf, x) => tf.mul(x, tf.sigmoid(x)),
  sigmoid: (tf, x) => tf.sigmoid(x),
  hard_sigmoid: (tf, x) => tf.div(tf.minimum(6, tf.relu(tf.add(x, 3))), 6),
  // TF.js' own hard_sigmoid, which is Keras 2's.
  keras2_hard_sigmoid: (tf, x) => tf.clipByValue(tf.add(tf.mul(x, 0.2), 0.5), 0, 1),
  tanh: (tf, x) => tf.tanh(x),
  softplus: (tf, x) => tf.softplus(x),
  softsign: (tf, x) => tf.div(x, tf.add(tf.abs(x), 1)),
  log_sigmoid: (tf, x) => tf.neg(tf.softplus(tf.neg(x))),
  celu: (tf, x) => tf.elu(x),
  mish: (tf, x) => tf.mul(x, tf.tanh(tf.softplus(x))),
  hard_silu: (tf, x) => tf.mul(x, activate(tf, "hard_sigmoid", x)),
  hard_tanh: (tf, x) => tf.clipByValue(x, -1, 1),
  // TF.js has a gradient for greaterEqual, and none for greater.
  hard_shrink: (tf, x) => tf.where(tf.greaterEqual(0.5, tf.abs(x)), tf.zerosLike(x), x),
  soft_shrink: (tf, x) => tf.sub(tf.relu(tf.sub(x, 0.5)), tf.relu(tf.sub(-0.5, x))),
  tanh_shrink: (tf, x) => tf.sub(x, tf.tanh(x)),
  sparse_plus: (tf, x) => {
    const clipped = tf.clipByValue(tf.add(x, 1), 0, 2);
    return tf.add(tf.mul(tf.square(clipped), 0.25), tf.relu(tf.sub(x, 1)));
  },
  // Its slope is 0 at -1 and 1, where that of clipByValue is 1.
  sparse_sigmoid: (tf, x) => {
    const rising = tf.mul(tf.add(x, 1), 0.5);
    const below1 = tf.where(tf.greaterEqual(x, 1), tf.onesLike(x), rising);
    return tf.where(tf.greaterEqual(-1, x), tf.zerosLike(x), below1);
  },
  squareplus: (tf, x) => tf.mul(tf.add(x, tf.sqrt(tf.add(tf.square(x), 4))), 0.5),
  exponential: (tf, x) => tf.exp(x),
  softmax: (tf, x) => tf.softmax(x),
  log_softmax: (tf, x) => tf.logSoftmax(x),
};

/** `name(x)`. */
export function activate(tf: TfCore, name: string, x: tfc.Tensor): tfc.Tensor {
  const apply = activations[name];
  return apply ? apply(tf, x) : layerActivation(tf, name, x);
}

/** An activation that is a layer, lowered as on engine onnx. */
function layerActivation(tf: TfCore, name: string, x: tfc.Tensor): tfc.Tensor {
  const g = new GraphBuilder();
  const y = activationOf(name)!.lower(g.input("input_0", "float32", x.shape), g, x.rank - 1);
  g.output(g.identity(y), "output_0");
  return runGraph(tf, g.build().graph, { inputs: [x], weights: {}, layer: name })[0]!;
}

/** Names of activations that are layers, for TF.js. */
const layerNames = new Map<string, string>();

function nameOfLayer(name: string): string {
  const known = layerNames.get(name) ?? `cajalLayer${layerNames.size}`;
  layerNames.set(name, known);
  return known;
}

/** Activations that TF.js' layers lack, or that mean something else there. */
const customActivations = [
  "leaky_relu",
  "selu",
  "hard_sigmoid",
  "keras2_hard_sigmoid",
  "log_sigmoid",
  "celu",
  "mish",
  "hard_silu",
  "hard_tanh",
  "hard_shrink",
  "soft_shrink",
  "tanh_shrink",
  "sparse_plus",
  "sparse_sigmoid",
  "squareplus",
  "exponential",
];

/**
 * The name of an activation for TF.js' layers. Custom ones are registered with TF.js under names of their own, so
 * that other models in the process do not change their meaning.
 */
export function activationName(tf: TfCore, name: string): string {
  if (name === "silu") return "swish";
  const isLayer = activationOf(name)?.layer !== undefined;
  if (!isLayer && !customActivations.includes(name)) return name;
  // TF.js turns snake case to camel case before it looks a name up.
  const className = isLayer
    ? nameOfLayer(name)
    : `cajal${name.replaceAll(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase())}`;
  const { classNameMap } = tf.serialization.SerializationMap.getMap();
  if (!(className in classNameMap)) {
    tf.serialization.registerClass(
      class extends tf.serialization.Serializable {
        static readonly className = className;
        getConfig = () => ({});
        apply = (x: tfc.Tensor) => tf.tidy(() => activate(tf, name, x));
      },
    );
  }
  return className;
}
