// Every layer on every engine: against Keras' own numbers, and against one another on the samples that
// the layers' files name.
import { readFileSync, readdirSync } from "node:fs";
import { tensor, type Shape, type Tensor } from "@cajal/core";
import { layers, resolve, weightSpecs, type ModelConfig } from "@cajal/models";
import { describe, expect, it } from "vitest";
import { describeWithShared } from "../../core/testing/shared";
import { noise, single } from "../../models/testing/checkLayer";
import { open } from "./open";

const places = [
  { engine: "onnx", device: "cpu" },
  { engine: "tfjs", device: "cpu" },
  { engine: "tfjs", device: "wasm" },
] as const;

interface Numbers {
  readonly shape: Shape;
  readonly data: readonly number[];
  readonly dtype?: string;
}

interface Golden {
  readonly class_name: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly training: boolean;
  readonly inputs: readonly Numbers[];
  readonly weights: Readonly<Record<string, Numbers>>;
  readonly output: Numbers | readonly Numbers[];
}

describeWithShared("Keras' numbers for single layers", "reference/keras/layers", (folder) => {
  const cases = readdirSync(folder).flatMap((className) =>
    readdirSync(`${folder}/${className}`).map((file) => `${className}/${file}`),
  );
  it("are there", () => expect(cases.length).toBeGreaterThan(150));

  describe.each(places)("on $engine, $device", ({ engine, device }) => {
    it.each(cases)("%s", async (file) => {
      const golden: Golden = JSON.parse(readFileSync(`${folder}/${file}`, "utf8"));
      if (golden.training) return; // a session infers; training is the training step's
      const expected = Array.isArray(golden.output) ? golden.output : [golden.output];
      const inputs = golden.inputs.map(({ shape, dtype = "float32" }) => ({ shape, dtype }));
      const model = single(golden.class_name, golden.config, inputs, expected.length);
      const weights = new Map(
        Object.entries(golden.weights).map(([name, { shape, data }]) => [
          `layer/${name}`,
          tensor("float32", shape, data),
        ]),
      );
      await using session = await open(model, weights, { engine, device });
      const feeds = Object.fromEntries(
        golden.inputs.map(({ shape, data, dtype }, i) => [
          `input_${i}`,
          tensor(dtype === "int32" ? "int32" : "float32", shape, data),
        ]),
      );
      const results = Object.values(await session.run(feeds));
      expect(results).toHaveLength(expected.length);
      results.forEach((result, i) => expectClose(result, expected[i]!));
    });
  });
});

/** The reference's own tolerance: 1e-5 of the largest value, at least 1e-5. */
function expectClose({ shape, data }: Tensor, expected: Numbers): void {
  expect(shape).toEqual(expected.shape);
  const largest = expected.data.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  const worst = expected.data.reduce((most, value, i) => {
    const apart = Math.abs(Number(data[i]) - value);
    return apart <= most ? most : apart;
  }, 0);
  expect(worst).toBeLessThanOrEqual(1e-5 * largest);
}

const samples = layers.flatMap((layer) =>
  layer.samples.map((sample, i) => ({ className: layer.className, i, sample })),
);

/** A backward layer that is another than the forward one. */
const notOnTfjs = ["Bidirectional 3"];

describe.each(places.slice(1))("the layers' samples on $engine, $device", ({ engine, device }) => {
  it.each(samples.filter(({ className }) => className !== "InputLayer"))(
    "$className $i agree with onnx, cpu",
    async ({ className, i, sample }) => {
      const { config = {}, inputs, dtype = "float32" } = sample;
      const given = inputs.map((shape) => ({ shape, dtype }));
      const model: ModelConfig = single(className, config, given);
      const outputs = resolve(model).layers.at(-1)!.outputs.length;
      const whole = single(className, config, given, outputs);
      const weights = new Map(
        weightSpecs(whole).map(({ key, shape }) => [
          key,
          noise(shape, "float32", key, key.endsWith("variance")),
        ]),
      );
      const feeds = Object.fromEntries(
        inputs.map((shape, i) => [`input_${i}`, noise(shape, dtype, `input/${i}`)]),
      );
      const place = { engine, device };
      if (notOnTfjs.includes(`${className} ${i}`))
        return expect(open(whole, weights, place)).rejects.toMatchObject({ code: "unsupported" });
      await using reference = await open(whole, weights, { device: "cpu" });
      await using session = await open(whole, weights, place);
      expect(session.inputs).toEqual(reference.inputs);
      expect(session.outputs.map(({ name }) => name)).toEqual(
        reference.outputs.map(({ name }) => name),
      );
      const expected = await reference.run(feeds);
      const results = await session.run(feeds);
      for (const [name, { shape, data }] of Object.entries(expected))
        expectClose(results[name]!, { shape, data: Array.from(data, Number) });
    },
  );
});
