// Layers of one's own in files. fixtures/make_own_layers.py makes the file.
import { readFileSync } from "node:fs";
import { tensor } from "@cajal/core";
import { openZip, bytesSource, needEntry } from "@cajal/files";
import { dataset } from "@cajal/datasets";
import { defineLayer, fields } from "@cajal/models";
import { open } from "@cajal/runtime";
import { expect, it } from "vitest";
import { encodeModel, type WriteFormat } from "./writeModel";
import { cutAt } from "./adapt/cutAt";
import { featureExtractor } from "./adapt/featureExtractor";
import { fineTune } from "./adapt/fineTune";
import { readModel, readWeights } from "./readModel";

const file = new Uint8Array(readFileSync(new URL("../fixtures/own_layers.keras", import.meta.url)));

const scaleShift = defineLayer({
  className: "ScaleShift",
  fields: { factor: fields.real(2) },
  shape: (_, [x]) => [x!],
  weights: (_, [x]) => [
    { name: "scale", shape: [x!.at(-1)!], initializer: "ones", trainable: true },
    { name: "shift", shape: [x!.at(-1)!], initializer: "zeros", trainable: true },
  ],
  layout: "channelsLast",
  lower: ({ factor }, [x], g, { weight }) => [
    g.add(g.mul(g.mul(x!, weight("scale")), factor), weight("shift")),
  ],
});
const layers = [scaleShift];
/** Of Keras. */
const expected = [-0.4400199353694916, 0.398720920085907, -0.17718929052352905, 0.7320423722267151];

it("is read with its definition, and computes as Keras", async () => {
  const { model, weights } = await readModel(file, { layers });
  await using session = await open(model, weights, { layers });
  const y = await session.predict(tensor("float32", [2, 3], [1, -0.5, 0.25, 0, 2, -1]));
  expected.forEach((value, i) => expect(y.data[i]).toBeCloseTo(value, 5));
});

it.each<WriteFormat>(["keras", "h5", "weights.h5", "tfjs", "safetensors", "npz"])(
  "is written as %s, and read again",
  async (format) => {
    const content = await readModel(file, { layers });
    const files = encodeModel(content, { format });
    const again = await readWeights(new Map(files), content.model, { layers });
    expect(again).toEqual(content.weights);
    if (format.endsWith("weights.h5") || format === "npz") return;
    expect((await readModel(new Map(files), { layers })).weights).toEqual(content.weights);
  },
);

it("is written into ONNX", async () => {
  const content = await readModel(file, { layers });
  const [bytes] = encodeModel(content, { format: "onnx" }).values();
  await using session = await open(bytes!);
  const y = await session.predict(tensor("float32", [2, 3], [1, -0.5, 0.25, 0, 2, -1]));
  expected.forEach((value, i) => expect(y.data[i]).toBeCloseTo(value, 5));
});

it("has its package in Keras 3's files, by which Keras finds the class", async () => {
  const content = await readModel(file, { layers });
  const registered = async (bytes: Uint8Array) => {
    const entry = needEntry(await openZip(bytesSource(bytes)), "config.json", "model.keras");
    const text = new TextDecoder().decode(await entry.read());
    const all = /\{"module": ?null, ?"class_name": ?"ScaleShift".*?"registered_name": ?"(.*?)"/g;
    return [...text.matchAll(all)].map(([, name]) => name);
  };
  const [bytes] = encodeModel(content, { format: "keras" }).values();
  expect(await registered(bytes!)).toEqual(["Course>ScaleShift", "Course>ScaleShift"]);
});

it("goes along where a model is changed and tuned", async () => {
  const content = await readModel(file, { layers });
  const cut = cutAt(content, "first");
  expect([...cut.weights.keys()].some((key) => key.startsWith("first/"))).toBe(true);
  await using extractor = await featureExtractor(content, { layer: "first" });
  expect(extractor.size).toBe(2);
  const x = tensor("float32", [4, 3], [1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 1]);
  const data = dataset({ x, y: tensor("int32", [4], [0, 1, 0, 1]), classes: ["a", "b"] });
  for await (const event of fineTune(content, data, {
    classes: 2,
    stages: [{ epochs: 1 }, { epochs: 1, learns: ["first"] }],
  }))
    if (event.type === "tuned") {
      const [bytes] = encodeModel(event, { format: "keras" }).values();
      const again = await readModel(bytes!, { layers });
      expect(again.weights).toEqual(event.weights);
      const [before, after] = [content, again].map(({ weights }) => weights.get("first/scale"));
      expect(after).not.toEqual(before);
    }
});

it("is refused by name where its definition is not given", async () => {
  await expect(readModel(file)).rejects.toMatchObject({
    code: "unknown-name",
    message: expect.stringMatching(/"Course>ScaleShift".*\{ layers: \[defineLayer/),
  });
});
