// Judging images: counts of an interrupted run are its own alone.
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { tensor } from "@cajal/core";
import { encodePng, pictureOf } from "@cajal/explain";
import { functional } from "@cajal/models";
import { initialize } from "@cajal/runtime";
import { writeModel } from "@cajal/transfer";
import { accuracy } from "./accuracy";

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "cajal-accuracy-"))));
afterAll(() => rm(folder, { recursive: true }));

it("judges anew where the stored counts are of other networks or images", async () => {
  const [data, model, state] = ["images", "net.keras", "state.json"].map((name) => join(folder, name)) as [string, string, string]; // prettier-ignore
  const net = functional("net");
  const image = net.input([4, 4, 3]);
  const scores = net.layer("Dense", { name: "scores", units: 2 }, net.layer("Flatten", {}, image));
  const config = net.model(image, scores);
  const weights = new Map(initialize(config, { seed: 1 }));
  // Whatever it is shown, the second class.
  weights.set("scores/kernel", tensor("float32", [48, 2]));
  weights.set("scores/bias", tensor("float32", [2], new Float32Array([0, 1])));
  await writeModel(model, { model: config, weights });
  const png = await encodePng(pictureOf(tensor("uint8", [4, 4, 3]), { pixels: [0, 255] }));
  for (const name of ["ant/1.png", "bee/1.png", "bee/2.png", "bee/3.png"]) {
    await mkdir(join(data, name, ".."), { recursive: true });
    await writeFile(join(data, name), png);
  }
  const stored = { of: "another run", images: 4, next: 4, counts: { "net.keras": [4, 4, 1] } };
  await writeFile(state, JSON.stringify(stored));
  const job = { phase: "accuracy", model, engine: "onnx", device: "cpu", batch: 2 } as const;
  const settings = { models: [model], data, preprocess: "tf", state };
  const [record] = await accuracy.run({ ...job, settings }, () => {});
  expect(record).toMatchObject({ n: 4, top1: 3 / 4, top5: 1 });
  expect(existsSync(state)).toBe(false);
  // Of three and three images the first and the fourth, not two ants.
  for (const name of ["ant/2.png", "ant/3.png"]) await writeFile(join(data, name), png);
  // The same as an ONNX graph, whose pictures have channels last.
  await writeModel(join(folder, "net.onnx"), { model: config, weights });
  const graph = { ...settings, models: [join(folder, "net.onnx"), model] };
  const both = await accuracy.run({ ...job, settings: graph }, () => {});
  expect(both).toMatchObject([{ model: "net.onnx", n: 6, top1: 1 / 2, params: 98, macs: 96 }, { model: "net.keras", top1: 1 / 2, params: 98, macs: 96 }]); // prettier-ignore
  const [half] = await accuracy.run({ ...job, settings: { ...settings, limit: 2 } }, () => {});
  expect(half).toMatchObject({ n: 2, top1: 1 / 2 });
});
