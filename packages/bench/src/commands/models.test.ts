// The commands on models: from pictures in folders to a network, its predictions, and its other formats.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isCajalError, random, sizeOf, tensor, type Tensor } from "@cajal/core";
import { functional } from "@cajal/models";
import { GraphBuilder } from "@cajal/onnx";
import { writeModel as writeOnnx } from "@cajal/onnx/node";
import { initialize, open } from "@cajal/runtime";
import { readModel, writeModel } from "@cajal/transfer";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Context } from "../context";
import type { Output } from "../output";
import type { Report } from "../report/report";
import { createProgress } from "../progress";
import { convert } from "./convert";
import { predict } from "./predict";
import { table } from "./table";
import { transfer } from "./transfer";

let folder: string;
let documents: unknown[] = [];
const output: Output = {
  json: true,
  text: () => {},
  line: () => {},
  document: (value) => void documents.push(value),
  close: async () => {},
};
const context = (signal = new AbortController().signal): Context => ({
  output,
  progress: createProgress(),
  seed: 1,
  signal,
});
async function answer<T>(work: Promise<unknown>): Promise<T> {
  documents = [];
  await work;
  return documents[0] as T;
}
const code = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => (isCajalError(error) ? error.code : error),
  );

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "cajal-commands-"));
  const net = functional("own");
  const image = net.input([32, 32, 3]);
  let x = net.layer("Conv2D", { filters: 12, kernel_size: 3, strides: 2, name: "conv" }, image);
  x = net.layer("ReLU", { name: "relu" }, x);
  x = net.layer("GlobalAveragePooling2D", { name: "pool" }, x);
  const model = net.model(image, net.layer("Dense", { units: 5, name: "old" }, x));
  const weights = new Map(initialize(model, { seed: 1 }));
  // Each filter for one colour.
  const kernel = Float32Array.from({ length: 324 }, (_, i) => (Math.floor(i / 12) % 3 === i % 3 ? 1 : -0.2)); // prettier-ignore
  weights.set("conv/kernel", tensor("float32", [3, 3, 3, 12], kernel));
  await writeModel(join(folder, "own.h5"), { model, weights });
  // Red, green and blue pictures, with noise.
  const colours = { red: [255, 0, 0], green: [0, 255, 0], blue: [0, 0, 255] };
  for (const [name, colour] of Object.entries(colours)) {
    mkdirSync(join(folder, "pictures", name), { recursive: true });
    for (let i = 0; i < 12; i++) {
      const pixels = Uint8Array.from({ length: 40 * 40 * 3 }, (_, k) =>
        Math.max(0, Math.min(255, colour[k % 3]! + Math.round(60 * Math.sin(k * (i + 1))))),
      );
      const raw = { width: 40, height: 40, channels: 3 as const };
      await sharp(pixels, { raw })
        .png()
        .toFile(join(folder, "pictures", name, `${i}.png`));
    }
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

const options = () => ({
  data: join(folder, "pictures"),
  model: join(folder, "own.h5"),
  preprocess: "tf",
  epochs: [25, 2],
  batch: 8,
  explain: 2,
  holdOut: 0.25,
  layer: "relu",
  out: join(folder, "tuned"),
});

const mapsIn = (path: string) => {
  const report = JSON.parse(readFileSync(path, "utf8")) as Report;
  return report.sections.find((section) => section.type === "maps")!;
};

describe("cajal transfer, and what comes of it", () => {
  it("makes a network, its ONNX and a report of a folder of pictures", async () => {
    const result = await answer<{ accuracy: number; classes: string[]; epochs: unknown[] }>(
      transfer.run(context(), options()),
    );
    expect(result).toMatchObject({ classes: ["blue", "green", "red"], held_out: 9 });
    expect(result.accuracy).toBeGreaterThan(0.8);
    expect(result.epochs).toHaveLength(27);
    const { labels, weights, model } = await readModel(join(folder, "tuned/model.keras"));
    expect(labels).toEqual(["blue", "green", "red"]);
    await using ours = await open(model, weights);
    await using onnx = await open(readFileSync(join(folder, "tuned/model.onnx")));
    expect(onnx.inputs[0]!.shape?.slice(1)).toEqual(ours.inputs[0]!.shape?.slice(1));
    const html = readFileSync(join(folder, "tuned/report.html"), "utf8");
    expect(html).toContain("held-out");
    // What does it again, which is not the suite of the same name.
    expect(html).toContain(`npx cajal transfer --data ${options().data} --model ${options().model} --preprocess tf --epochs 25,2 --layer relu --batch 8 --explain 2 --hold-out 0.25 --seed 1<`); // prettier-ignore
    // Six epochs of 27 and the last, of the first two classes' pictures.
    const maps = mapsIn(join(folder, "tuned/report.json"));
    expect(maps.images.map(({ label }) => label)).toEqual(expect.arrayContaining([expect.any(String), expect.any(String)])); // prettier-ignore
    const epochs = maps.images[0]!.frames.map(({ epoch }) => epoch);
    expect([epochs[0], epochs.at(-1)]).toEqual([1, 27]);
    const last = maps.images.map(({ frames }) => frames.at(-1)!.probability);
    expect(Math.min(...last)).toBeGreaterThan(0.5);
    expect(html.match(/<img src="data:image\/png/g)).toHaveLength(2 * (epochs.length + 1));
  });

  it("goes on from where it was left, which is the end here", async () => {
    const again = await answer<{ epochs: unknown[]; accuracy: number }>(
      transfer.run(context(), options()),
    );
    expect(again.epochs).toHaveLength(27); // the curve is whole, and so are the maps
    expect(mapsIn(join(folder, "tuned/report.json")).images[0]!.frames.length).toBeGreaterThan(2);
    expect(again.accuracy).toBeGreaterThan(0.8);
  });

  it.each([
    ["fewer epochs of the head", [20, 2]],
    ["more, on which its upper layers do not build", [26, 2]],
    ["fewer of the upper layers", [25, 1]],
  ])("refuses to go on with %s", async (_, epochs) => {
    expect(await code(transfer.run(context(), { ...options(), epochs }))).toBe("bad-argument");
  });

  it.each([
    ["a run of another seed", {}, { seed: 2 }, /tuned: it holds a run of another seed\. .*--out/],
    [
      "batches of another size",
      { batch: 4 },
      {},
      /tuned: it holds a run of other data, or batches/,
    ],
    ["no picture held out", { holdOut: 0 }, {}, /--hold-out 0: /],
    ["no picture to learn from", { holdOut: 1 }, {}, /--hold-out 1: /],
  ])("refuses %s, and says which option is to change", async (_, more, of, message) => {
    const run = transfer.run({ ...context(), ...of }, { ...options(), ...more });
    await expect(run).rejects.toMatchObject({ code: "bad-argument", message: expect.stringMatching(message) as string }); // prettier-ignore
  });

  it.each(["pictures", "pictures/tuned"])(
    "refuses to write into %s, where the next run would read a class",
    async (name) => {
      const out = join(folder, name);
      const before = readdirSync(join(folder, "pictures"));
      expect(await code(transfer.run(context(), { ...options(), epochs: [1, 0], out }))).toBe("bad-argument"); // prettier-ignore
      expect(readdirSync(join(folder, "pictures"))).toEqual(before);
    },
  );

  it("shows maps of as many pictures as it is told, also where an earlier run had others", async () => {
    const result = await answer<{ epochs: unknown[] }>(transfer.run(context(), { ...options(), epochs: [25, 3], explain: 3 })); // prettier-ignore
    expect(result.epochs).toHaveLength(28);
    expect(mapsIn(join(folder, "tuned/report.json")).images).toHaveLength(3);
  });

  it("stops when it is told to", async () => {
    const controller = new AbortController();
    controller.abort(new Error("stop"));
    await expect(
      transfer.run(context(controller.signal), { ...options(), out: join(folder, "other") }),
    ).rejects.toThrow("stop");
  });

  it("reads new pictures", async () => {
    const pictures = [join(folder, "pictures/red/3.png"), join(folder, "pictures/blue/4.png")];
    const answers = await answer<{ predictions: { label: string; probability: number }[] }[]>(
      predict.run(context(), { images: pictures, model: join(folder, "tuned/model.keras"), top: 2, preprocess: "tf" }), // prettier-ignore
    );
    expect(answers.map(({ predictions }) => predictions.map(({ label }) => label)[0])).toEqual(["red", "blue"]); // prettier-ignore
    expect(answers[0]!.predictions).toHaveLength(2);
    // The ONNX file beside it, whose input is a picture too, reads the same in them.
    const byGraph = await answer<typeof answers>(
      predict.run(context(), { images: pictures, model: join(folder, "tuned/model.onnx"), top: 2, preprocess: "tf" }), // prettier-ignore
    );
    for (const [i, { predictions }] of byGraph.entries())
      predictions.forEach(({ label, probability }, k) => {
        expect(label).toBe(answers[i]!.predictions[k]!.label);
        expect(probability).toBeCloseTo(answers[i]!.predictions[k]!.probability, 4);
      });
  });

  it("makes one of an ONNX graph, as PyTorch exports it for one picture, and goes on", async () => {
    const g = new GraphBuilder({ name: "main_graph" });
    const draw = random(3);
    const weight = (name: string, shape: number[], value: (i: number) => number = () => draw.float() - 0.5) =>
      g.initializer(name, tensor("float32", shape, Float32Array.from({ length: sizeOf(shape) }, (_, i) => value(i)))); // prettier-ignore
    // Each filter for one colour: those of 3 × 3 pixels, channel by channel.
    const filters = weight("conv.weight", [12, 3, 3, 3], (i) => Math.floor(i / 9) % 3 === Math.floor(i / 27) % 3 ? 1 : -0.2); // prettier-ignore
    const image = g.input("image", "float32", [1, 3, 32, 32]);
    const x = g.relu(g.conv(image, filters, undefined, { strides: [2, 2] })); // prettier-ignore
    const flat = g.flatten(g.globalAveragePool(x));
    g.output(g.gemm(flat, weight("fc.weight", [12, 5]), weight("fc.bias", [5])), "logits");
    const model = join(folder, "exported.onnx");
    // Its weights in a second file.
    await writeOnnx(model, g.build(), { externalData: true });
    expect((await answer<object[]>(table.run(context(), { models: [model] })))[0]).toMatchObject({ params: 12 * 27 + 60 + 5 }); // prettier-ignore

    const out = join(folder, "tuned-graph");
    const run = (more: object) =>
      answer<{ accuracy: number; epochs: unknown[] }>(transfer.run(context(), { ...options(), layer: undefined, model, out, ...more })); // prettier-ignore
    const first = await run({ epochs: [25, 0] });
    expect(first.epochs).toHaveLength(25);
    // Given again with more to do, it begins where it was.
    const result = await run({ epochs: [25, 2] });
    expect(result.epochs).toHaveLength(27);
    expect(result.epochs.slice(0, 25)).toEqual(first.epochs);
    expect(result.accuracy).toBeGreaterThan(0.8);
    expect(readdirSync(out).toSorted()).toEqual(["model.onnx", "report.html", "report.json", "report.md", "state"]); // prettier-ignore
    const tuned = await readModel(join(out, "model.onnx"), { graphs: true });
    expect(tuned.labels).toEqual(["blue", "green", "red"]);
    // The head alone learned in the first stage; of the upper third the convolution is none.
    const before = (await readModel(model, { graphs: true })).weights.get("conv.weight");
    expect(tuned.weights.get("conv.weight")).toEqual(before);
    const pictures = [join(folder, "pictures/red/3.png"), join(folder, "pictures/blue/4.png")];
    const [red, blue] = await answer<{ predictions: { label: string }[] }[]>(
      predict.run(context(), { images: pictures, model: join(out, "model.onnx"), top: 1, preprocess: "tf" }), // prettier-ignore
    );
    expect([red!.predictions[0]!.label, blue!.predictions[0]!.label]).toEqual(["red", "blue"]);
    expect(await code(run({ size: 64 }))).toBe("unsupported");
  });

  it("reads a picture by networks for batches of one size, of pictures that are no squares", async () => {
    const g = new GraphBuilder();
    const x = g.input("x", "float32", [3, 3, 20, 40]);
    // The mean of each colour.
    g.output(g.flatten(g.globalAveragePool(x)), "logits");
    const model = join(folder, "threes.onnx");
    await writeOnnx(model, g.build());
    const images = [join(folder, "pictures/red/3.png"), join(folder, "pictures/blue/4.png")];
    const answers = await answer<{ predictions: { class: number; probability: number }[] }[]>(
      predict.run(context(), { images, model, top: 3, preprocess: "tf" }),
    );
    expect(answers.map(({ predictions }) => predictions[0]!.class)).toEqual([0, 2]);
    for (const { predictions } of answers)
      expect(predictions.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 6);
  });

  it("asks how pixels become the input where nothing tells", async () => {
    const picture = join(folder, "pictures/red/3.png");
    const model = join(folder, "own.h5");
    expect(await code(predict.run(context(), { images: [picture], model, top: 1 }))).toBe("bad-argument"); // prettier-ignore
  });
});

describe("cajal convert and table", () => {
  it("turns a model into every format, and counts the same in each", async () => {
    const from = join(folder, "own.h5");
    for (const name of ["a.keras", "b/model.json", "c.safetensors", "d.onnx"]) {
      const result = await answer<{ params: number; bytes: number }>(convert.run(context(), { from, into: join(folder, name) })); // prettier-ignore
      // With what lies beside it, as TF.js' weights.
      const files = name.startsWith("b/") ? readdirSync(join(folder, "b")).map((file) => `b/${file}`) : [name]; // prettier-ignore
      expect(result.bytes).toBe(files.reduce((sum, file) => sum + statSync(join(folder, file)).size, 0)); // prettier-ignore
      expect(result).toMatchObject({ read_as: "Keras .h5", params: 401 });
      const [row] = await answer<{ params: number }[]>(table.run(context(), { models: [join(folder, name)] })); // prettier-ignore
      if (!name.endsWith("onnx")) expect(row).toMatchObject({ params: 401 });
    }
  });

  it("says whether the optimizer's state came along", async () => {
    const { model, weights } = await readModel(join(folder, "own.h5"));
    const state = new Map<string, Tensor>([["iteration", tensor("int64", [], new BigInt64Array([3n]))], ["learning_rate", tensor("float32", [], [0.1])]]); // prettier-ignore
    const trained = (class_name: string, config: object, slots: readonly string[]) => ({
      model,
      weights,
      trainingConfig: { loss: "categorical_crossentropy", metrics: [], optimizer: { class_name, config } }, // prettier-ignore
      optimizerState: new Map<string, Tensor>([...state, ...slots.flatMap((slot) => [...weights].map(([key, value]) => [`${key}/${slot}`, value] as const))]), // prettier-ignore
    });
    const sgd = trained("SGD", { learning_rate: 0.1, momentum: 0.9 }, ["momentum"]);
    const lion = trained("Lion", { learning_rate: 0.1 }, ["momentum"]);
    await writeModel(join(folder, "sgd.keras"), sgd);
    await writeModel(join(folder, "lion.keras"), lion);
    const cases = [
      ["sgd.keras", "s.h5", true],
      ["sgd.keras", "s.onnx", false],
      ["sgd.keras", "s.safetensors", false],
      ["sgd.keras", "sgd/model.json", true],
      ["lion.keras", "l.h5", true],
      ["lion.keras", "lion/model.json", false],
    ] as const;
    for (const [from, into, optimizer_state] of cases)
      expect(await answer(convert.run(context(), { from: join(folder, from), into: join(folder, into) })), into).toMatchObject({ optimizer_state }); // prettier-ignore
  });

  it("makes ONNX files smaller, with the ranges of pictures too", async () => {
    const from = join(folder, "tuned/model.keras");
    const bytes = async (name: string, more: object) =>
      (await answer<{ bytes: number }>(convert.run(context(), { from, into: join(folder, name), preprocess: "tf", ...more }))).bytes; // prettier-ignore
    await bytes("half.onnx", { float16: true });
    await bytes("int8.onnx", { int8: join(folder, "pictures") });
    for (const name of ["half.onnx", "int8.onnx"]) {
      await using session = await open(readFileSync(join(folder, name)));
      expect(session.outputs).toHaveLength(1);
    }
    expect(await code(convert.run(context(), { from, into: join(folder, "x.keras"), float16: true }))).toBe("bad-argument"); // prettier-ignore
    // A graph stays one.
    const graph = join(folder, "tuned/model.onnx");
    const halved = await answer<{ read_as: string; bytes: number; params: number }>(convert.run(context(), { from: graph, into: join(folder, "graph-half.onnx"), float16: true })); // prettier-ignore
    expect(halved.read_as).toBe("ONNX");
    expect(halved.bytes).toBeLessThan(statSync(graph).size);
    const again = convert.run(context(), { from: join(folder, "graph-half.onnx"), into: join(folder, "again.onnx") }); // prettier-ignore
    expect(await answer(again)).toMatchObject({ params: halved.params });
    expect(await code(convert.run(context(), { from: graph, into: join(folder, "x.keras") }))).toBe("unsupported"); // prettier-ignore
  });

  it("refuses endings and formats that are none before it reads", async () => {
    const from = join(folder, "absent.h5");
    expect(await code(convert.run(context(), { from, into: join(folder, "x.txt") }))).toBe("unknown-name"); // prettier-ignore
    expect(await code(convert.run(context(), { from, into: join(folder, "x.h5") }))).toBe("io");
  });
});
