// Every layer against Keras 3: the outputs that Keras gave for the same config, inputs and weights.
import { sizeOf, tensor, type Tensor } from "@cajal/core";
import { GraphBuilder } from "@cajal/onnx";
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { describeWithShared } from "../../core/testing/shared";
import { single } from "../testing/checkLayer";
import { runOnnx } from "../testing/runOnnx";
import { declareInputs, lower, toOnnx } from "./lower/lower";
import { resolve } from "./network/network";
import { weightSpecs } from "./network/summary";
import { inputWeights, toInput } from "./lower/weightSources";

interface GoldenArray {
  readonly shape: readonly number[];
  readonly data: readonly number[];
  readonly dtype?: string;
}

interface Golden {
  readonly class_name: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly training: boolean;
  readonly inputs: readonly GoldenArray[];
  readonly weights: Readonly<Record<string, GoldenArray>>;
  readonly output: GoldenArray | readonly GoldenArray[];
  readonly updated_weights?: Readonly<Record<string, GoldenArray>>;
}

describeWithShared("layers as Keras computes them", "reference/keras/layers", (folder) => {
  for (const layer of readdirSync(folder))
    for (const file of readdirSync(`${folder}/${layer}`))
      it(`${layer}/${file.replace(".json", "")}`, async () => {
        const golden: Golden = JSON.parse(readFileSync(`${folder}/${layer}/${file}`, "utf8"));
        const { class_name, config, inputs, training, updated_weights = {} } = golden;
        const expected = Array.isArray(golden.output) ? golden.output : [golden.output];
        const model = single(class_name, config, inputs, expected.length);
        const specs = weightSpecs(model);
        expect(Object.fromEntries(specs.map(({ name, shape }) => [name, shape]))).toEqual(
          Object.fromEntries(
            Object.entries(golden.weights).map(([name, { shape }]) => [name, shape]),
          ),
        );
        const weights = new Map(
          Object.entries(golden.weights).map(([name, array]) => [`layer/${name}`, read(array)]),
        );
        const feeds = Object.fromEntries(inputs.map((array, i) => [`input_${i}`, read(array)]));
        // Both forms: weights as constants, and as inputs of a training step.
        const runs = [
          ...(training ? [] : [await runOnnx(toOnnx(model, weights), feeds)]),
          await runWithInputs(model, weights, feeds, training),
        ];
        for (const results of runs) {
          const outputs = Object.values(results);
          expected.forEach((array, i) => expectClose(outputs[i]!, array));
        }
        for (const [name, array] of Object.entries(updated_weights))
          expectClose(runs.at(-1)![`layer/${name}:updated`]!, array);
      });
});

interface Fixture {
  readonly class_name: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly inputs: readonly GoldenArray[];
  /** In Keras' order. */
  readonly weights: readonly GoldenArray[];
  readonly outputs: readonly GoldenArray[];
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
      const weights = new Map(specs.map(({ key }, i) => [key, read(arrays[i]!)]));
      const feeds = Object.fromEntries(inputs.map((array, i) => [`input_${i}`, read(array)]));
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
  const given = [...inputs].map(
    ([key, input]) => [key, toInput(input, weights.get(key)!)] as const,
  );
  return runOnnx(g.build(), { ...feeds, ...Object.fromEntries(given) });
}

const read = ({ shape, data, dtype }: GoldenArray): Tensor =>
  tensor(dtype === "int32" ? "int32" : "float32", shape, data);

/** Within 1e-5 of the largest absolute value, at least 1e-5: what the reference says of itself. */
function expectClose(got: Tensor, { shape, data }: GoldenArray): void {
  expect(got.shape).toEqual(shape);
  expect(got.data.length).toBe(sizeOf(shape));
  const tolerance = 1e-5 * Math.max(1, ...data.map(Math.abs));
  const worst = data.reduce((worst, x, i) => {
    const difference = Math.abs(Number(got.data[i]) - x);
    return Number.isNaN(difference) ? Infinity : Math.max(worst, difference);
  }, 0);
  expect(worst).toBeLessThanOrEqual(tolerance);
}
