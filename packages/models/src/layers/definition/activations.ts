// Activations by their Keras 3 names: each as ONNX operators, and all that there is to say of it.
// Keras: keras.io/api/layers/activations
import { CajalError } from "@cajal/core";
import type { GraphBuilder, Value } from "@cajal/onnx";
import type { Integers } from "./integers";

/** All that there is to say of an activation. */
export interface Activation {
  /** @param axis along which a softmax sums to 1 */
  lower(x: Value, g: GraphBuilder, axis: number): Value;
  /** That a value depends on the others along `axis`. */
  readonly alongAxis?: true;
  /** That no value is negative, whatever x is. */
  readonly nonnegative?: true;
  /** That every value is in 0 … 1 ("shares"), or that every one is above 0 ("positive"). */
  readonly range?: "shares" | "positive";
  /** As ONNX' recurrent operators name it; absent: they do not have it. */
  readonly recurrent?: { readonly name: string; readonly alpha?: number; readonly beta?: number };
  /** What it does with whole numbers, and how; absent: they become float32. */
  readonly integers?: {
    readonly kind: Integers;
    lower(x: Value, g: GraphBuilder): Value;
  };
  /** Its name in Keras 2 and TF.js, where that is another. */
  readonly keras2?: string;
  /** The layer that it is, as JSON: a layer in the place of an activation. */
  readonly layer?: {
    readonly class_name: string;
    readonly config: Readonly<Record<string, unknown>>;
  };
  /** That Keras 3 has another activation of that name, and this one not at all. */
  readonly keras2Only?: true;
}

const activations: Readonly<Record<string, Activation>> = {
  linear: {
    lower: (x) => x,
    recurrent: { name: "Affine", alpha: 1, beta: 0 },
    integers: { kind: "moves", lower: (x) => x },
  },
  relu: {
    lower: (x, g) => g.relu(x),
    nonnegative: true,
    recurrent: { name: "Relu" },
    integers: { kind: "computes", lower: (x, g) => g.max(x, 0) },
  },
  relu6: {
    lower: (x, g) => g.clip(x, { min: 0, max: 6 }),
    nonnegative: true,
    integers: { kind: "computes", lower: (x, g) => g.min(g.max(x, 0), 6) },
  },
  leaky_relu: {
    lower: (x, g) => g.leakyRelu(x, { alpha: 0.2 }),
    recurrent: { name: "LeakyRelu", alpha: 0.2 },
  },
  elu: { lower: (x, g) => g.elu(x, { alpha: 1 }), recurrent: { name: "Elu", alpha: 1 } },
  selu: { lower: (x, g) => g.selu(x, { alpha: 1.6732632423543772, gamma: 1.0507009873554805 }) },
  // x Φ(x), by the error function; Keras' `approximate` default is false.
  gelu: { lower: (x, g) => g.mul(g.mul(x, 0.5), g.add(g.erf(g.mul(x, Math.SQRT1_2)), 1)) },
  silu: { lower: (x, g) => g.mul(x, g.sigmoid(x)), keras2: "swish" },
  sigmoid: {
    lower: (x, g) => g.sigmoid(x),
    nonnegative: true,
    range: "shares",
    recurrent: { name: "Sigmoid" },
  },
  // relu6(x + 3) / 6
  hard_sigmoid: {
    lower: (x, g) => g.hardSigmoid(x, { alpha: 1 / 6, beta: 0.5 }),
    nonnegative: true,
    range: "shares",
    recurrent: { name: "HardSigmoid", alpha: 1 / 6, beta: 0.5 },
  },
  // clip(0.2 x + 0.5, 0, 1)
  keras2_hard_sigmoid: {
    lower: (x, g) => g.hardSigmoid(x, { alpha: 0.2, beta: 0.5 }),
    nonnegative: true,
    range: "shares",
    recurrent: { name: "HardSigmoid", alpha: 0.2, beta: 0.5 },
    keras2: "hard_sigmoid",
    keras2Only: true,
  },
  tanh: { lower: (x, g) => g.tanh(x), recurrent: { name: "Tanh" } },
  softplus: {
    lower: (x, g) => g.softplus(x),
    nonnegative: true,
    range: "positive",
    recurrent: { name: "Softplus" },
  },
  softsign: { lower: (x, g) => g.softsign(x), recurrent: { name: "Softsign" } },
  // ln(1 / (1 + e⁻ˣ))
  log_sigmoid: { lower: (x, g) => g.neg(g.softplus(g.neg(x))) },
  celu: { lower: (x, g) => g.elu(x, { alpha: 1 }) },
  // x tanh(softplus(x)) (Misra 2019, arXiv:1908.08681)
  mish: { lower: (x, g) => g.mul(x, g.tanh(g.softplus(x))) },
  // x relu6(x + 3) / 6 (Howard et al. 2019, arXiv:1905.02244)
  hard_silu: { lower: (x, g) => g.mul(x, g.hardSigmoid(x, { alpha: 1 / 6, beta: 0.5 })) },
  hard_tanh: { lower: (x, g) => g.clip(x, { min: -1, max: 1 }) },
  // 0 from -½ to ½
  hard_shrink: { lower: (x, g) => g.where(g.greater(g.abs(x), 0.5), x, 0) },
  // 0 from -½ to ½, and nearer to 0 by ½ elsewhere
  soft_shrink: { lower: (x, g) => g.sub(g.relu(g.sub(x, 0.5)), g.relu(g.sub(-0.5, x))) },
  tanh_shrink: { lower: (x, g) => g.sub(x, g.tanh(x)) },
  // 0 up to -1, ¼ (x + 1)² up to 1, x above
  sparse_plus: {
    lower: (x, g) => {
      const clipped = g.clip(g.add(x, 1), { min: 0, max: 2 });
      return g.add(g.mul(g.mul(clipped, clipped), 0.25), g.relu(g.sub(x, 1)));
    },
    nonnegative: true,
  },
  // clip(½ (x + 1), 0, 1)
  sparse_sigmoid: {
    lower: (x, g) => g.hardSigmoid(x, { alpha: 0.5, beta: 0.5 }),
    nonnegative: true,
    range: "shares",
    recurrent: { name: "HardSigmoid", alpha: 0.5, beta: 0.5 },
  },
  // ½ (x + √(x² + 4))
  squareplus: {
    lower: (x, g) => g.mul(g.add(x, g.sqrt(g.add(g.mul(x, x), 4))), 0.5),
    nonnegative: true,
    range: "positive",
  },
  exponential: { lower: (x, g) => g.exp(x), nonnegative: true, range: "positive" },
  softmax: {
    lower: (x, g, axis) => g.softmax(x, { axis }),
    nonnegative: true,
    range: "shares",
    alongAxis: true,
  },
  log_softmax: { lower: (x, g, axis) => g.logSoftmax(x, { axis }), alongAxis: true },
};

/** The names that a layer's `activation` may have. */
export const activationNames: readonly string[] = Object.keys(activations);

/** An activation's name in Keras 3, from that or its name in Keras 2; another Keras 3 activation's stays. */
export function canonicalActivation(name: string): string {
  if (Object.hasOwn(activations, name)) return name;
  return activationNames.find((each) => activations[each]!.keras2 === name) ?? name;
}

/** Layers in the place of activations, by their names: class and config. */
const layerActivations = new Map<string, Activation>();

/**
 * The name of an activation that is a layer, such as `LeakyReLU(negative_slope=0.1)` in a Dense.
 *
 * @param layer its JSON
 */
export function nameOfLayer(activation: Activation & Required<Pick<Activation, "layer">>): string {
  const { class_name, config } = activation.layer;
  const name = class_name + JSON.stringify(config);
  layerActivations.set(name, activation);
  return name;
}

/** An activation by its Keras name, or that of a layer that is one, such as LeakyReLU with its slope; undefined for a name that none has. */
export const activationOf = (name: string): Activation | undefined =>
  Object.hasOwn(activations, name) ? activations[name] : layerActivations.get(name);

/**
 * `activation(x)`.
 *
 * @param name one of {@link activationNames}
 * @param axis the axis in the graph along which softmax sums to 1: Keras' last
 */
export const activate = (name: string, x: Value, g: GraphBuilder, axis: number): Value =>
  activationOf(name)!.lower(x, g, axis);

/**
 * Activations as ONNX' recurrent operators name them.
 *
 * @throws CajalError `unsupported` for one that they do not have
 */
export function recurrentActivations(names: readonly string[]): {
  activations: string[];
  activation_alpha: number[];
  activation_beta: number[];
} {
  const functions = names.map((name) => {
    const recurrent = activationOf(name)?.recurrent;
    if (recurrent) return recurrent;
    const supported = activationNames.filter((other) => activationOf(other)?.recurrent);
    throw new CajalError(
      "unsupported",
      `activation "${name}" is not among those of ONNX' recurrent operators: ${supported.join(", ")}`,
      { activation: name, known: supported },
    );
  });
  return {
    activations: functions.map(({ name }) => name),
    // One value for each activation that takes one, in order.
    activation_alpha: functions.flatMap(({ alpha }) => alpha ?? []),
    activation_beta: functions.flatMap(({ beta }) => beta ?? []),
  };
}
