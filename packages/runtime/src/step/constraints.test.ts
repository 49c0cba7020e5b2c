// Constraints along Keras' axes, whatever layout a weight has in the graph.
import { random, tensor, type Tensor } from "@cajal/core";
import { functional, type LayerConfigs, type Symbolic } from "@cajal/models";
import { describe, expect, it } from "vitest";
import { descent, squares } from "../../testing/training";
import { initialize } from "../initializers/initialize";
import { openTrainStep } from "../openTrainStep";

/** The norms over one axis of a tensor. */
function norms({ shape, data }: Tensor, axis: number): number[] {
  const at = axis < 0 ? axis + shape.length : axis;
  const inner = shape.slice(at + 1).reduce((a, b) => a * b, 1);
  const extent = shape[at]!;
  const squared = new Map<number, number>();
  for (const [i, value] of Array.from(data, Number).entries()) {
    const line = Math.floor(i / (inner * extent)) * inner + (i % inner);
    squared.set(line, (squared.get(line) ?? 0) + value ** 2);
  }
  return [...squared.values()].map(Math.sqrt);
}

type Row = readonly [
  className: keyof LayerConfigs,
  config: Readonly<Record<string, unknown>>,
  input: readonly number[],
  /** The field of the constraint, and the axes that its weight has. */
  constrained: Readonly<Record<string, readonly number[]>>,
];

// Gates side by side, heads, channels times multipliers, features of an image: reshaped in the graph.
const rows: readonly Row[] = [
  ["Dense", { units: 3 }, [4], { kernel: [0, 1, -1], bias: [0] }],
  ["SimpleRNN", { units: 3 }, [5, 2], { kernel: [0, 1], recurrent: [0, 1], bias: [0] }],
  ["GRU", { units: 3 }, [5, 2], { kernel: [0, -1], recurrent: [0, 1], bias: [0, 1] }],
  ["GRU", { units: 3, reset_after: false }, [5, 2], { recurrent: [0, 1], bias: [0] }],
  ["LSTM", { units: 3 }, [5, 2], { kernel: [0, 1, -2], recurrent: [0, 1], bias: [0] }],
  ["EinsumDense", { equation: "abc,cde->abde", output_shape: [null, 2, 3] }, [5, 4], { kernel: [0, 1, 2] }], // prettier-ignore
  ["DepthwiseConv2D", { kernel_size: 2, depth_multiplier: 2 }, [4, 4, 3], { depthwise: [0, 1, 2, 3] }], // prettier-ignore
  ["Conv2D", { kernel_size: 2, filters: 2 }, [4, 4, 3], { kernel: [0, 1, 2, 3], bias: [0] }],
  ["PReLU", {}, [2, 3, 4], { alpha: [0, 1, 2] }],
];

describe.each(["onnx", "tfjs"] as const)("on %s", (engine) => {
  const cases = rows.flatMap(([className, config, input, constrained]) =>
    Object.entries(constrained).flatMap(([weight, axes]) =>
      axes.map((axis) => ({ className, config, input, weight, axis })),
    ),
  );
  it.each(cases)(
    "a norm over axis $axis of $className's $weight is that of Keras' axis",
    async ({ className, config, input, weight, axis }) => {
      const net = functional("net");
      const x = net.input([...input]);
      const constraint = { class_name: "UnitNorm", config: { axis } };
      const options = { ...config, name: "layer", [`${weight}_constraint`]: constraint };
      const y = net.layer(className, options as never, x) as Symbolic;
      const model = net.model(x, net.layer("Dense", { units: 1 }, net.layer("Flatten", {}, y)));
      const numbers = random(3, "weights");
      const given = [...initialize(model, { seed: 1 })].map(
        ([key, { shape, data }]): [string, Tensor] => [
          key,
          tensor(
            "float32",
            shape,
            Array.from(data as Float32Array, () => numbers.normal()),
          ),
        ],
      );
      // At a rate of 0 the constraint is all that changes a weight.
      const step = await openTrainStep(model, new Map(given), {
        loss: squares,
        optimizer: descent(0),
        engine,
        device: "cpu",
        verify: false,
      });
      const size = input.reduce((a, b) => a * b, 2);
      await step.run({
        x: tensor("float32", [2, ...input], Float32Array.from({ length: size }, () => numbers.normal())), // prettier-ignore
        y: tensor("float32", [2, 1], [1, 2]),
      });
      const ending = { recurrent: "recurrent_kernel", depthwise: "kernel" }[weight];
      const changed = [...(await step.weights())].filter(
        ([key]) => key.startsWith("layer/") && key.endsWith(`/${ending ?? weight}`),
      );
      await step.dispose();
      expect(changed.length).toBe(1);
      for (const norm of norms(changed[0]![1], axis)) expect(norm).toBeCloseTo(1, 5);
    },
  );
});
