// A layer as Keras 3's `quantize("int8")` or `("int4")` leaves it: its kernel whole numbers with scales, which are not
// trained, its inputs rounded where it says so. keras/src/layers/core/{dense,einsum_dense,embedding}.py
import type { GraphBuilder, Value } from "@cajal/onnx";
import * as f from "../definition/fields";
import type { Layer, LowerContext, WeightSpec } from "../definition/layer";
import type { Quantizable, Quantization } from "../definition/quantization";
import type { KerasShape } from "../definition/shape";
import { dequantizeBlocks, unpackInt4 } from "./dequantize";
import { roundInputs } from "./roundInputs";

type Config = Readonly<Record<string, unknown>>;

/** The definition of the layer so quantized. */
export function quantized(definition: Layer, how: Quantization): Layer {
  const { bits, block } = how;
  const factsOf = (config: Config, inputs: readonly KerasShape[]) =>
    definition.quantizes!(config, inputs);
  const { folds: _, ...rest } = definition;
  return {
    ...rest,
    fields: {
      ...definition.fields,
      dtype: f.kept(null),
      quantization_config: f.kept(null),
    },
    quantization: how,
    layout: "channelsLast",
    weights(config, inputs) {
      const { weight, matrix, along, scale } = factsOf(config, inputs);
      const [rows, columns] = matrix;
      const fixed = (name: string, shape: readonly number[], dtype?: "int8"): WeightSpec => ({
        name,
        shape,
        initializer: name.endsWith("_scale") ? "ones" : "zeros",
        trainable: false,
        ...(dtype && { dtype }),
      });
      const groups = Math.ceil(matrix[1 - along]! / (block ?? Infinity)) || 1;
      const perBlock = along === 0 ? [rows, groups] : [groups, columns];
      const scales = bits === 8 ? scale : block === undefined ? [matrix[along]!] : perBlock;
      const own = definition.weights!(config, inputs);
      return [
        ...own.map((spec) =>
          spec.name === weight
            ? fixed(weight, bits === 8 ? spec.shape : [rows, Math.ceil(columns / 2)], "int8")
            : spec,
        ),
        fixed(`${weight}_scale`, scales),
        ...(block === undefined
          ? []
          : [fixed(`${weight}_zero`, scales, "int8"), fixed("g_idx", [matrix[1 - along]!])]),
      ];
    },
    lower(config, [input, ...others], g, context) {
      const facts = factsOf(config, context.inputs);
      const { weight, inputAxes } = facts;
      const shape = definition.weights!(config, context.inputs).find(
        ({ name }) => name === weight,
      )!.shape;
      const x = how.inputs && inputAxes ? roundInputs(g, input!, inputAxes, how.inputs) : input!;
      return definition.lower(config, [x, ...others], g, {
        ...context,
        weight: (name, steps) =>
          name === weight
            ? dequantized(g, { facts, how, shape, weight: context.weight })
            : context.weight(name, steps),
      });
    },
  };
}

interface Stored {
  readonly facts: Quantizable;
  readonly how: Quantization;
  /** Of the weight, were it not quantized. */
  readonly shape: readonly number[];
  readonly weight: LowerContext["weight"];
}

function dequantized(g: GraphBuilder, { facts, how, shape, weight }: Stored): Value {
  const { weight: name, matrix, along, scaleSteps } = facts;
  const whole = weight(name);
  if (how.bits === 8) return g.div(whole, weight(`${name}_scale`, scaleSteps));
  const unpacked = unpackInt4(g, whole, matrix);
  const scale = weight(`${name}_scale`);
  const rows =
    how.block === undefined
      ? g.div(unpacked, g.reshape(scale, along === 0 ? [-1, 1] : [1, -1]))
      : dequantizeBlocks(g, unpacked, { scale, zero: weight(`${name}_zero`), groups: weight("g_idx") }, 1 - along); // prettier-ignore
  return g.reshape(rows, [...shape]);
}
