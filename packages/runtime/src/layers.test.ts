// Every layer on every engine: against Keras' own numbers, and against one another on the samples that
// the layers' files name.
import { layers, resolve, weightSpecs } from "@cajal/models";
import { beforeAll, describe, expect, it } from "vitest";
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
import { tfjsOn } from "./engines/tfjs/backend";

/** Of layers this small a second thread only waits, and to start and end it takes longer than all else. */
const onnx = { engine: "onnx", device: "cpu", threads: 1 } as const;
const onTfjs = [
  { engine: "tfjs", device: "cpu" },
  { engine: "tfjs", device: "wasm" },
] as const;

/** TF.js' current backend is the one that is tested: to change it for each run takes longer than the run. */
const staysCurrent = ({ device }: (typeof onTfjs)[number]) =>
  beforeAll(async () => void (await (await tfjsOn(device)).tf.setBackend(device)));

describe("Keras' numbers for single layers", () => {
  // A session infers; training is the training step's.
  const cases = kerasLayers.filter(({ training }) => !training);
  describe.each([onnx, ...onTfjs])("on $engine, $device", (place) => {
    if (place.engine === "tfjs") staysCurrent(place);
    it.each(cases.map((golden) => [`${golden.class_name}/${golden.case}`, golden] as const))(
      "%s",
      async (_, golden) => {
        const expected = outputsOf(golden);
        const opened = open(modelOf(golden), weightsOf(golden), place);
        if (place.engine === "tfjs" && notOnTfjs.has(golden.class_name))
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

type LayerSample = (typeof layers)[number]["samples"][number];

const samples = layers
  .filter(({ className }) => className !== "InputLayer")
  .flatMap(({ className, samples }) => samples.map((sample, i) => ({ className, i, sample })));

/** A sample with numbers for its weights and inputs. */
function modelOfSample(className: string, { config = {}, inputs, dtype = "float32" }: LayerSample) {
  const specs = inputs.map((shape) => ({ shape, dtype }));
  const outputs = resolve(single(className, config, specs)).layers.at(-1)!.outputs.length;
  const model = single(className, config, specs, outputs);
  const weights = new Map(
    weightSpecs(model).map(({ key, shape }) => [
      key,
      noise(shape, "float32", key, key.endsWith("variance")),
    ]),
  );
  const feeds = Object.fromEntries(
    inputs.map((shape, i) => [`input_${i}`, noise(shape, dtype, `input/${i}`)]),
  );
  return { model, weights, feeds };
}

/** What onnx, cpu makes of each sample: asked for by each device of tfjs, computed once. */
const references = new Map<LayerSample, ReturnType<typeof onOnnx>>();

async function onOnnx({ model, weights, feeds }: ReturnType<typeof modelOfSample>) {
  await using session = await open(model, weights, onnx);
  const { inputs, outputs } = session;
  return { inputs, outputs, results: await session.run(feeds) };
}

describe.each(onTfjs)("the layers' samples on $engine, $device", (place) => {
  staysCurrent(place);
  it.each(samples)("$className $i agree with onnx, cpu", async ({ className, sample }) => {
    const made = modelOfSample(className, sample);
    const opened = open(made.model, made.weights, place);
    if (notOnTfjs.has(className))
      return expect(opened).rejects.toMatchObject({ code: "unsupported" });
    await using session = await opened;
    if (!references.has(sample)) references.set(sample, onOnnx(made));
    const reference = await references.get(sample)!;
    expect(session.inputs).toEqual(reference.inputs);
    expect(session.outputs.map(({ name }) => name)).toEqual(
      reference.outputs.map(({ name }) => name),
    );
    const results = await session.run(made.feeds);
    for (const [name, { shape, data }] of Object.entries(reference.results))
      expectClose(results[name]!, { shape, data: Array.from(data, Number) });
  });
});
