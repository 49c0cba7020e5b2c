// Operations of keras.ops.nn: activations, and what is made of them. keras.io/api/ops/nn
import { tensor } from "@cajal/core";
import { activate, activationNames } from "../definition/activations";
import {
  along,
  first,
  integer,
  integers,
  option,
  refusal,
  type Operation,
} from "./operationArguments";

const pascal = (name: string) => name.replace(/(?:^|_)(.)/g, (_, letter: string) => letter.toUpperCase()); // prettier-ignore

/** Activations by what they may be told. */
const ofSettings: Readonly<Record<string, Operation>> = {
  // ½ x (1 + tanh(√(2/π) (x + 0.044715 x³))), the default of keras.ops, or by the error function.
  Gelu: (args, g) => {
    const x = first(args, g);
    if (!option<boolean>(args, "approximate", 1, true)) return activate("gelu", x, g, -1);
    const cubed = g.mul(g.mul(g.mul(x, x), x), 0.044715);
    return g.mul(g.mul(x, 0.5), g.add(g.tanh(g.mul(g.add(x, cubed), Math.sqrt(2 / Math.PI))), 1));
  },
  LeakyRelu: (args, g) =>
    g.leakyRelu(first(args, g), { alpha: option(args, "negative_slope", 1, 0.2) }),
  Elu: (args, g) => g.elu(first(args, g), { alpha: option(args, "alpha", 1, 1) }),
  // max(0, x) + min(0, α (exp(x / α) - 1))
  Celu: (args, g) => {
    const alpha = option(args, "alpha", 1, 1);
    const x = first(args, g);
    return g.add(g.relu(x), g.mul(g.sub(g.exp(g.div(g.min(x, 0), alpha)), 1), alpha));
  },
  HardShrink: (args, g) => {
    const x = first(args, g);
    return g.where(g.greater(g.abs(x), option(args, "threshold", 1, 0.5)), x, 0);
  },
  SoftShrink: (args, g) => {
    const at = option(args, "threshold", 1, 0.5);
    const x = first(args, g);
    return g.sub(g.relu(g.sub(x, at)), g.relu(g.sub(-at, x)));
  },
  Threshold: (args, g) => {
    const x = first(args, g);
    const at = option(args, "threshold", 1, 0);
    return g.where(g.greater(x, at), x, option(args, "default_value", 2, 0));
  },
  Squareplus: (args, g) => {
    const x = first(args, g);
    return g.mul(g.add(x, g.sqrt(g.add(g.mul(x, x), option(args, "b", 1, 4)))), 0.5);
  },
};

/** Activations are operations, too; softmax has an axis. */
const ofActivations: Readonly<Record<string, Operation>> = Object.fromEntries(
  activationNames
    .filter((name) => !name.startsWith("keras2_"))
    .map((name): [string, Operation] => [
      pascal(name),
      along(-1, (x, axis, g) => activate(name, x, g, axis < 0 ? axis + x.shape!.length : axis)),
    ]),
);

export const ofNn: Readonly<Record<string, Operation>> = {
  ...ofActivations,
  ...ofSettings,
  LogSoftmax: along(-1, (x, axis, g) => g.logSoftmax(x, { axis })),
  // x / √max(Σ x², ε²); ε is 1e-7 unless it is given.
  Normalize: (args, g) => {
    const x = first(args, g);
    const order = option(args, "order", 2, 2);
    if (order !== 2) throw refusal(order, "order 2");
    const axes = integers(option<unknown>(args, "axis", 1, -1), "axis");
    const epsilon = option(args, "epsilon", 3, 1e-7);
    const squares = g.reduceSum(g.mul(x, x), { axes, keepdims: true });
    return g.div(x, g.sqrt(g.max(squares, epsilon * epsilon)));
  },
  OneHot: (args, g) => {
    const x = first(args, g);
    const axis = option(args, "axis", 2, -1);
    if (axis !== -1) throw refusal(axis, "the last axis");
    const classes = integer(option<unknown>(args, "num_classes", 1, undefined), "num_classes");
    const numbers = g.constant(
      tensor(
        "float32",
        [classes],
        Array.from({ length: classes }, (_, i) => i),
      ),
    );
    return g.cast(g.equal(g.unsqueeze(x, [-1]), numbers), "float32");
  },
};
