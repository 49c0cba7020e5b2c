// Every layer against Keras 3: the outputs that Keras gave for the same config, inputs and weights.
import { tensor, type Tensor } from "@cajal/core";
import { GraphBuilder } from "@cajal/onnx";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { single } from "../testing/checkLayer";
import {
  expectClose,
  kerasLayers,
  modelOf,
  outputsOf,
  tensorOf,
  weightsOf,
  type KerasArray,
} from "../testing/kerasLayers";
import { runOnnx } from "../testing/runOnnx";
import { declareInputs, lower, toOnnx } from "./lower/lower";
import { resolve } from "./network/network";
import { weightSpecs } from "./network/summary";
import { inputWeights, toInput } from "./lower/weightSources";

describe("layers as Keras computes them", () => {
  it.each(kerasLayers.map((golden) => [`${golden.class_name}/${golden.case}`, golden] as const))(
    "%s",
    async (_, golden) => {
      const { inputs, training, updated_weights = {} } = golden;
      const model = modelOf(golden);
      const specs = weightSpecs(model);
      expect(Object.fromEntries(specs.map(({ name, shape }) => [name, shape]))).toEqual(
        Object.fromEntries(
          Object.entries(golden.weights).map(([name, { shape }]) => [name, shape]),
        ),
      );
      const weights = weightsOf(golden);
      const feeds = Object.fromEntries(inputs.map((array, i) => [`input_${i}`, tensorOf(array)]));
      // Both forms: weights as constants, and as inputs of a training step.
      const cases = [
        ...(training ? [] : [await runOnnx(toOnnx(model, weights), feeds)]),
        await runWithInputs(model, weights, feeds, training),
      ];
      for (const results of cases) {
        const outputs = Object.values(results);
        outputsOf(golden).forEach((array, i) => expectClose(outputs[i]!, array));
      }
      for (const [name, array] of Object.entries(updated_weights))
        expectClose(cases.at(-1)![`layer/${name}:updated`]!, array);
    },
  );
});

interface Fixture {
  readonly class_name: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly inputs: readonly KerasArray[];
  /** In Keras' order. */
  readonly weights: readonly KerasArray[];
  readonly outputs: readonly KerasArray[];
}

describe("further settings as Keras computes them", () => {
  const { cases }: { cases: readonly Fixture[] } = JSON.parse(
    readFileSync(new URL("../fixtures/layers.json", import.meta.url), "utf8"),
  );
  for (const { class_name, config, inputs, outputs, weights: arrays } of cases)
    it(`${class_name} ${JSON.stringify(config)}`, async () => {
      const model = single(class_name, config, inputs, outputs.length);
      const specs = weightSpecs(model);
      expect(specs.map(({ shape }) => shape)).toEqual(arrays.map(({ shape }) => shape));
      const weights = new Map(specs.map(({ key }, i) => [key, tensorOf(arrays[i]!)]));
      const feeds = Object.fromEntries(inputs.map((array, i) => [`input_${i}`, tensorOf(array)]));
      for (const results of [
        await runOnnx(toOnnx(model, weights), feeds),
        await runWithInputs(model, weights, feeds, false),
      ])
        outputs.forEach((expected, i) => expectClose(Object.values(results)[i]!, expected));
    });

  it("ThresholdedReLU, which Keras 3 no longer has: x where x > theta, else 0", async () => {
    const model = single("ThresholdedReLU", { theta: 0.5 }, [{ shape: [1, 4] }]);
    const x = tensor("float32", [1, 4], [-1, 0.25, 0.5, 2]);
    const [y] = Object.values(await runOnnx(toOnnx(model, new Map()), { input_0: x }));
    expect([...y!.data]).toEqual([0, 0, 0, 2]);
  });
});

async function runWithInputs(
  model: object,
  weights: ReadonlyMap<string, Tensor>,
  feeds: Readonly<Record<string, Tensor>>,
  training: boolean,
): Promise<Record<string, Tensor>> {
  const g = new GraphBuilder();
  const { source, inputs } = inputWeights(g);
  const { outputs, updates } = lower(g, model, {
    inputs: declareInputs(g, resolve(model)),
    weights: source,
    training,
  });
  outputs.forEach((value, i) => g.output(value, `y${i}`));
  for (const [key, value] of updates) g.output(value, `${key}:updated`);
  const parameterFeeds = [...inputs].map(
    ([key, input]) => [key, toInput(input, weights.get(key)!)] as const,
  );
  return runOnnx(g.build(), { ...feeds, ...Object.fromEntries(parameterFeeds) });
}
