// Every layer on every engine: against Keras' own numbers, and against one another on the samples that
// the layers' files name.
import { layers, resolve, weightSpecs, type ModelConfig } from "@cajal/models";
import { describe, expect, it } from "vitest";
import { noise, single } from "../../models/testing/checkLayer";
import {
  expectClose,
  kerasLayers,
  modelOf,
  outputsOf,
  tensorOf,
  weightsOf,
} from "../../models/testing/kerasLayers";
import { notOnTfjs } from "../testing/notOnTfjs";
import { open } from "./open";

const places = [
  { engine: "onnx", device: "cpu" },
  { engine: "tfjs", device: "cpu" },
  { engine: "tfjs", device: "wasm" },
] as const;

describe("Keras' numbers for single layers", () => {
  // A session infers; training is the training step's.
  const cases = kerasLayers.filter(({ training }) => !training);
  describe.each(places)("on $engine, $device", ({ engine, device }) => {
    it.each(cases.map((golden) => [`${golden.class_name}/${golden.case}`, golden] as const))(
      "%s",
      async (_, golden) => {
        const expected = outputsOf(golden);
        const opened = open(modelOf(golden), weightsOf(golden), { engine, device });
        if (engine === "tfjs" && notOnTfjs.has(golden.class_name))
          return expect(opened).rejects.toMatchObject({ code: "unsupported" });
        await using session = await opened;
        const feeds = Object.fromEntries(
          golden.inputs.map((array, i) => [`input_${i}`, tensorOf(array)]),
        );
        const results = Object.values(await session.run(feeds));
        expect(results).toHaveLength(expected.length);
        results.forEach((result, i) => expectClose(result, expected[i]!));
      },
    );
  });
});

const samples = layers.flatMap((layer) =>
  layer.samples.map((sample, i) => ({ className: layer.className, i, sample })),
);

describe.each(places.slice(1))("the layers' samples on $engine, $device", ({ engine, device }) => {
  it.each(samples.filter(({ className }) => className !== "InputLayer"))(
    "$className $i agree with onnx, cpu",
    async ({ className, sample }) => {
      const { config = {}, inputs, dtype = "float32" } = sample;
      const specs = inputs.map((shape) => ({ shape, dtype }));
      const model: ModelConfig = single(className, config, specs);
      const outputs = resolve(model).layers.at(-1)!.outputs.length;
      const whole = single(className, config, specs, outputs);
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
      if (notOnTfjs.has(className))
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
