// Activations: what follows a layer's product, element by element.
import { broadcast, show } from "../model/dims";
import type { NodeWriter, Value } from "./method";
import { badShape, defineOperator } from "./operator";
import { operands, type Operand } from "./shared/arguments";
import { elementByElement } from "./shared/examples";
import { shiftSamples, unary } from "./shared/elementwise";

const alpha = { alpha: "float" } as const;

/** ONNX Runtime's own, which the method takes where the standard has none yet. */
const fusedGelu = {
  ...unary("Gelu", "float", { domain: "com.microsoft", samples: shiftSamples }),
  methods: {},
};

const gelu = {
  ...unary("Gelu", "float", {
    since: 20,
    attributes: { approximate: "string" },
    choices: { approximate: ["none", "tanh"] },
    samples: shiftSamples,
  }),
  methods: {
    /**
     * By the error function, or approximated by tanh. The standard has it from opset 20 on; before, this is
     * ONNX Runtime's own (com.microsoft), by the error function.
     */
    gelu: (g: NodeWriter, x: Value, attributes: { approximate?: "none" | "tanh" } = {}) =>
      g.opset < 20 && attributes.approximate !== "tanh"
        ? g.op("Gelu", [x], {}, "com.microsoft")
        : g.op("Gelu", [x], attributes),
  },
};

const swish = {
  ...unary("Swish", "float", { since: 24, attributes: alpha, samples: shiftSamples }),
  methods: {
    /** x σ(αx); opset 24. */
    swish: (g: NodeWriter, x: Value, attributes: { alpha?: number } = {}) =>
      g.op("Swish", [x], attributes),
  },
};

const pRelu = defineOperator({
  op: "PRelu",
  examples: (node) => (node.opset < 7 ? undefined : elementByElement(node)),
  methods: {
    pRelu: (g: NodeWriter, x: Value, slope: Operand) => g.op("PRelu", operands(g, [x, slope])),
  },
  inputs: [2, 2],
  outputs: [1, 1],
  types: ["number"],
  attributes: { consumed_inputs: "ints" },
  infer: ({ inputs: [x, slope], opset }) => {
    // One way only: the slope broadcasts to x. Before opset 7 a [channels] slope was laid beside axis 1.
    if (opset < 7) return [{ dtype: x.dtype, shape: x.shape }];
    const shape = broadcast(x.shape, slope.shape);
    if (x.shape && shape && shape.length > x.shape.length)
      throw badShape(`slope ${show(slope.shape)} does not broadcast to x ${show(x.shape)}.`);
    return [{ dtype: x.dtype, shape: x.shape }];
  },
  samples: [
    {
      inputs: [
        [2, 3, 4],
        [3, 1],
      ],
    },
    { inputs: [[2, 3], [1]] },
  ],
});

export const activations = [
  unary("Relu", "signed", { samples: shiftSamples }),
  unary("LeakyRelu", "float", {
    attributes: alpha,
    samples: [...shiftSamples, { inputs: [[2, 3]], attributes: { alpha: 0.3 } }],
  }),
  unary("Elu", "float", { attributes: alpha, samples: shiftSamples }),
  unary("Selu", "float", { attributes: { ...alpha, gamma: "float" }, samples: shiftSamples }),
  unary("Celu", "float", { since: 12, attributes: alpha, samples: shiftSamples }),
  unary("ThresholdedRelu", "float", { since: 10, attributes: alpha, samples: shiftSamples }),
  unary("HardSigmoid", "float", { attributes: { ...alpha, beta: "float" }, samples: shiftSamples }),
  unary("HardSwish", "float", { since: 14, samples: shiftSamples }),
  unary("Mish", "float", { since: 18, samples: shiftSamples }),
  unary("Sigmoid", "float", { ending: { activation: "sigmoid" }, samples: shiftSamples }),
  unary("Tanh", "float", { ending: { activation: "tanh" }, samples: shiftSamples }),
  unary("Softplus", "float", { since: 1, samples: shiftSamples }),
  unary("Softsign", "float", { since: 1, samples: shiftSamples }),
  unary("Shrink", "number", { since: 9, attributes: { bias: "float", lambd: "float" } }),
  gelu,
  fusedGelu,
  unary("QuickGelu", "float", {
    domain: "com.microsoft",
    attributes: alpha,
    samples: shiftSamples,
  }),
  swish,
  pRelu,
] as const;
