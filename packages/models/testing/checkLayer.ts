// Runs a layer's sample as a model of its own: the shape that its rule tells must be the shape that
// comes out, in inference and in training, and its weights those that its lowering reads.
import { random, sizeOf, tensor, type Tensor } from "@cajal/core";
import { GraphBuilder } from "@cajal/onnx";
import { expect } from "vitest";
import type { LayerEntry, ModelConfig } from "../src/keras/config";
import type { Layer, LayerSample } from "../src/layers/definition/layer";
import { declareInputs, lower, toOnnx } from "../src/lower/lower";
import { resolve } from "../src/network/network";
import { weightSpecs } from "../src/network/summary";
import { inputWeights, toInput } from "../src/lower/weightSources";
import { runOnnx } from "./runOnnx";

/** A model of one layer. Inputs are called `input_0`, …, the layer `layer`; the batch is free. */
export function single(
  className: string,
  config: Readonly<Record<string, unknown>>,
  inputs: readonly { readonly shape: readonly number[]; readonly dtype?: string }[],
  outputs = 1,
  call: Readonly<Record<string, unknown>> = {},
): ModelConfig {
  const names = inputs.map((_, i) => `input_${i}`);
  return {
    class_name: "Functional",
    config: {
      name: className,
      layers: [
        ...inputs.map(({ shape, dtype = "float32" }, i): LayerEntry => ({
          class_name: "InputLayer",
          name: names[i]!,
          config: { batch_input_shape: [null, ...shape.slice(1)], dtype },
          inbound_nodes: [],
        })),
        {
          class_name: className,
          name: "layer",
          config,
          inbound_nodes: [names.map((name) => [name, 0, 0, call] as const)],
        },
      ],
      input_layers: names.map((name) => [name, 0, 0] as const),
      output_layers: Array.from({ length: outputs }, (_, i) => ["layer", 0, i] as const),
    },
  };
}

export async function checkLayer(layer: Layer, sample: LayerSample): Promise<void> {
  const { config = {}, inputs, dtype = "float32" } = sample;
  const model = single(
    layer.className,
    config,
    inputs.map((shape) => ({ shape, dtype })),
  );
  const network = resolve(model);
  const count = network.layers.at(-1)!.outputs.length;
  const whole = single(
    layer.className,
    config,
    inputs.map((shape) => ({ shape, dtype })),
    count,
  );
  const expected = network.layers
    .at(-1)!
    .outputs.map((shape) => shape.map((extent) => extent ?? inputs[0]![0]!));
  const feeds = Object.fromEntries(
    inputs.map((shape, i) => [`input_${i}`, noise(shape, dtype, `input/${i}`)]),
  );
  const specs = weightSpecs(whole);
  const weights = new Map(
    specs.map(({ key, shape }) => [key, noise(shape, "float32", key, key.endsWith("variance"))]),
  );

  const results = Object.values(await runOnnx(toOnnx(whole, weights), feeds));
  expect(results.map(({ shape }) => shape)).toEqual(expected);
  for (const { data } of results)
    expect([...data].every((x) => Number.isFinite(Number(x)))).toBe(true);

  if (sample.inferenceOnly) return;
  // The training form: weights as inputs in the layout that the graph keeps them in.
  const g = new GraphBuilder();
  const { source, inputs: weightInputs } = inputWeights(g);
  const { outputs, updates } = lower(g, whole, {
    inputs: declareInputs(g, resolve(whole)),
    weights: source,
    training: true,
    seed: g.input("seed", "int64", []),
  });
  outputs.forEach((value, i) => g.output(value, `y${i}`));
  for (const [key, value] of updates) g.output(value, `${key}:updated`);
  expect([...weightInputs.keys()].toSorted()).toEqual(specs.map(({ key }) => key).toSorted());
  const trainingOutput = await runOnnx(g.build(), {
    ...feeds,
    ...Object.fromEntries(
      [...weightInputs].map(([key, input]) => [key, toInput(input, weights.get(key)!)]),
    ),
    ...(g.build().graph.nodes.some(({ inputs }) => inputs.includes("seed"))
      ? { seed: tensor("int64", [], [1234]) }
      : { seed: tensor("int64", [], [0]) }),
  });
  expect(outputs.map((_, i) => trainingOutput[`y${i}`]!.shape)).toEqual(expected);
  for (const { key, shape } of specs)
    if (updates.has(key)) expect(trainingOutput[`${key}:updated`]!.shape).toEqual(shape);
}

/** Numbers between -1 and 1 (positive ones: 0.5 to 1.5); whole ones from 0 to 2 for integers. */
export function noise(
  shape: readonly number[],
  dtype: string,
  name: string,
  positive = false,
): Tensor {
  const draw = random(7, name);
  const data = Array.from({ length: sizeOf(shape) }, () =>
    dtype === "int32" ? draw.integer(3) : positive ? 0.5 + draw.float() : 2 * draw.float() - 1,
  );
  return tensor(dtype === "int32" ? "int32" : "float32", shape, data);
}
