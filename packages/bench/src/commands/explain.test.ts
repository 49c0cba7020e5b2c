// cajal explain on a small network: page, pictures, records, graphs.
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isCajalError, random, sizeOf, tensor, type ErrorCode } from "@cajal/core";
import { encodePng } from "@cajal/explain";
import { decodeModel, encodeModel, GraphBuilder, type Value } from "@cajal/onnx";
import { writeModel } from "@cajal/onnx/node";
import { functional } from "@cajal/models";
import { initialize } from "@cajal/runtime";
import { writeModel as writeAny } from "@cajal/transfer";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Context } from "../context";
import { explain } from "./explain";

const model = fileURLToPath(new URL("../../../explain/fixtures/convbn.onnx", import.meta.url));
let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "explain-"))));
afterAll(() => rm(folder, { recursive: true }));

function recording() {
  const [lines, texts]: [unknown[], string[]] = [[], []];
  const quiet = {
    output: { json: false, line: (value: unknown) => void lines.push(value), text: (text: string) => void texts.push(text), document() {}, async close() {} }, // prettier-ignore
    progress: { start() {}, update() {}, finish() {}, say() {}, clear() {} },
    seed: 1,
    signal: new AbortController().signal,
  } as unknown as Context;
  return { context: quiet, lines, texts };
}

function noisePng(): Promise<Uint8Array> {
  const numbers = random(1, "image");
  const data = Uint8ClampedArray.from({ length: 4 * 40 * 56 }, (_, i) => (i % 4 === 3 ? 255 : numbers.integer(256))); // prettier-ignore
  return encodePng({ width: 56, height: 40, data });
}

it("writes a page, pictures, records and graphs", async () => {
  const image = join(folder, "noise.png");
  await writeFile(image, await noisePng());
  const { context, lines, texts } = recording();
  const out = join(folder, "out");
  await explain.run(context, {
    images: [image],
    out,
    model,
    metrics: true,
    onnx: true,
    method: ["grad-cam", "integrated-gradients"],
    class: 2,
  });
  expect(lines).toMatchObject([
    { method: "grad-cam", class: 2, layer: "relu3", model: "convbn.onnx" },
    { method: "integrated-gradients", class: 2 },
  ]);
  const [{ road }] = lines as [{ road: number[] }];
  expect(road.every(Number.isFinite)).toBe(true);
  const page = await readFile(join(out, "explain.html"), "utf8");
  expect(page).toContain("Grad-CAM");
  expect(page).not.toMatch(/<script|src="http/);
  expect((await readFile(join(out, "0-noise-grad-cam.png"))).subarray(1, 4).toString()).toBe("PNG");
  const graph = decodeModel(await readFile(join(out, "grad-cam.onnx")));
  expect(graph.graph.outputs.map(({ name }) => name)).toEqual(["map", "cam", "scores"]);
  expect(texts.join("\n")).toContain("explain.html");
});

describe("what cannot be explained is refused, and nothing written", () => {
  const places = {} as Record<"noise" | "text" | "cut" | "taken" | "none", string>;
  beforeAll(async () => {
    for (const name of ["noise", "text", "cut", "taken", "none"] as const)
      places[name] = join(folder, `${name}.png`);
    const bytes = await noisePng();
    await writeFile(places.noise, bytes);
    await writeFile(places.text, "no picture");
    await writeFile(places.cut, bytes.subarray(0, 900));
    await writeFile(places.taken, "mine");
    const convbn = decodeModel(await readFile(model));
    const initializers = new Map(convbn.graph.initializers);
    for (const [name, value] of initializers)
      if (value.dtype === "float32" && value.shape.length === 4)
        initializers.set(name, { ...tensor("float32", value.shape), data: new Float32Array(sizeOf(value.shape)).fill(NaN) }); // prettier-ignore
    const broken = { ...convbn, graph: { ...convbn.graph, initializers } };
    await writeFile(join(folder, "nan.onnx"), encodeModel(broken));
    await writeFile(join(folder, "text.onnx"), "no graph");
    await writeModel(join(folder, "two.onnx"), convbn, { externalData: { threshold: 8 } });
    for (const [name, graph] of Object.entries(graphs)) {
      const g = new GraphBuilder();
      graph(g);
      await writeFile(join(folder, `${name}.onnx`), encodeModel(g.build()));
    }
  });
  const kernel = (g: GraphBuilder, shape: readonly number[]) =>
    g.constant(tensor("float32", shape, Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(i)))); // prettier-ignore
  const mean = (g: GraphBuilder, x: Value) => g.reduceMean(x, { axes: [2, 3], keepdims: false });
  const maps = (g: GraphBuilder, channels: number) =>
    g.conv(g.input("x", "float32", ["n", channels, 8, 8]), kernel(g, [4, channels, 3, 3]));
  const graphs: Readonly<Record<string, (g: GraphBuilder) => void>> = {
    rows: (g) => g.output(g.matMul(g.input("x", "float32", ["n", 6]), kernel(g, [6, 4])), "y"),
    four: (g) => g.output(mean(g, maps(g, 4)), "y"),
    // Its scores are the mean of the picture, and 0.
    grey: (g) =>
      g.output(
        mean(
          g,
          g.conv(
            g.input("x", "float32", ["n", 1, 8, 8]),
            g.constant(tensor("float32", [2, 1, 1, 1], new Float32Array([1, 0]))),
          ),
        ),
        "y",
      ),
    // It has a gradient, and no rule of relevance.
    norm: (g) => g.output(mean(g, g.op("LpNormalization", [maps(g, 3)], { p: 1, axis: 1 })), "y"), // prettier-ignore
    steps: (g) => g.output(mean(g, g.op("Round", [maps(g, 3)])), "y"),
    sigmoid: (g) => g.output(g.op("Sigmoid", [mean(g, maps(g, 3))]), "y"),
  };
  const call = async (more: object) => {
    const { context, lines, texts } = recording();
    const out = join(folder, "out of these");
    await explain.run(context, { images: [places.noise], out, model, metrics: false, method: ["grad-cam"], ...more }); // prettier-ignore
    return { lines, texts, out };
  };
  const onnx = (name: string) => ({ model: join(folder, `${name}.onnx`) });

  const cases: readonly (readonly [code: ErrorCode, what: string, more: () => object])[] = [
    [
      "bad-argument",
      "means of colours for grey pictures",
      () => ({ ...onnx("grey"), preprocess: "caffe" }),
    ],
    ["unknown-name", "a method that is not known", () => ({ method: ["saliency", "grad-can"] })],
    ["unknown-name", "a method of layers", () => ({ method: ["layer-activation"] })],
    ["bad-argument", "no method", () => ({ method: [] })],
    ["bad-argument", "a class out of range", () => ({ class: 5 })],
    ["unknown-name", "a layer that is not there", () => ({ layer: "relu9" })],
    ["unsupported", "a layer without spatial extent", () => ({ layer: "logits" })],
    ["bad-argument", "a layer where no method has one", () => ({ layer: "relu1", method: ["saliency"] })], // prettier-ignore
    ["bad-argument", "graphs of what is none", () => ({ onnx: true, method: ["occlusion"] })],
    ["bad-argument", "a picture that is not there", () => ({ images: [places.noise, places.none] })], // prettier-ignore
    ["bad-file", "text named .png", () => ({ images: [places.noise, places.text] })],
    ["bad-file", "half a picture", () => ({ images: [places.cut] })],
    ["bad-argument", "a folder in place of a picture", () => ({ images: [folder] })],
    ["unknown-name", "a model that is not known", () => ({ model: "lenet55" })],
    ["bad-file", "text named .onnx", () => onnx("text")],
    ["bad-model", "weights that are no numbers", () => onnx("nan")],
    ["unsupported", "a network of rows", () => onnx("rows")],
    ["unsupported", "a network of four channels", () => onnx("four")],
    ["unsupported", "an operator without a rule", () => ({ ...onnx("norm"), method: ["saliency", "lrp"] })], // prettier-ignore
    ["bad-argument", "a file in place of the folder", () => ({ out: places.taken })],
  ];
  it.each(cases)("%s: %s", async (code, _, more) => {
    const before = (await readdir(folder)).toSorted();
    const error: unknown = await call(more()).catch((each: unknown) => each);
    expect(isCajalError(error, code), String(error)).toBe(true);
    expect((await readdir(folder)).toSorted()).toEqual(before);
    expect(await readFile(places.taken, "utf8")).toBe("mine");
  });

  it("but a map of zeros is one, and said to be", async () => {
    const { lines, texts, out } = await call({ ...onnx("steps"), method: ["saliency"] });
    expect(lines).toMatchObject([{ method: "saliency", zero: true }]);
    expect(texts.join()).toContain("noise.png, saliency: the map is zero everywhere.");
    expect(await readFile(join(out, "explain.html"), "utf8")).toContain("zero everywhere");
  });

  it("and grey pixels become what they are told to", async () => {
    const meanOf = async (preprocess?: string) => {
      const { lines } = await call({ ...onnx("grey"), method: ["saliency"], class: 0, preprocess }); // prettier-ignore
      const [{ probability }] = lines as [{ probability: number }];
      // The softmax of the mean and 0.
      return Math.log(probability / (1 - probability));
    };
    const unit = await meanOf("unit");
    expect(unit).toBeGreaterThan(0.3);
    expect(await meanOf()).toBe(unit);
    expect(await meanOf("tf")).toBeCloseTo(2 * unit - 1, 4);
  });

  it("and so is a graph whose weights lie in a second file", async () => {
    const figures = async (more: object) => {
      const { lines } = await call({ method: ["saliency"], ...more });
      return (lines as Record<string, unknown>[]).map(({ class: label, probability }) => ({ label, probability }));
    };
    expect(await figures(onnx("two"))).toEqual(await figures({}));
  }); // prettier-ignore

  it("and so is a network that ends in a sigmoid", async () => {
    const { lines } = await call({ ...onnx("sigmoid"), metrics: true, method: ["saliency"] });
    const [{ probability, deletion }] = lines as [{ probability: number; deletion: number[] }];
    expect(probability).toBeGreaterThan(0.5);
    expect(deletion.every((each) => each > 0 && each < 1)).toBe(true);
  });
});

describe("a file's own facts", async () => {
  const net = functional("resnet50_of_colours");
  const image = net.input([8, 8, 3]);
  const maps = net.layer("Conv2D", { filters: 4, kernel_size: 3, name: "maps" }, image);
  const pooled = net.layer("GlobalAveragePooling2D", {}, maps);
  const network = (units: number, activation: string) => {
    const model = net.model(image, net.layer("Dense", { units, activation }, pooled));
    return { model, weights: initialize(model, { seed: 3 }) };
  };
  const call = async (more: object) => {
    const { context, lines } = recording();
    const images = [join(folder, "own.png")];
    await explain.run(context, { images, out: join(folder, "own"), metrics: false, method: ["grad-cam", "saliency"], ...more } as never); // prettier-ignore
    return lines as { probability: number; class: number; label?: string; layer?: string }[];
  };
  beforeAll(async () => writeFile(join(folder, "own.png"), await noisePng()));

  it("are its preprocessing, by the name of what it was made of, in any format", async () => {
    const whole = network(3, "softmax");
    const files = ["colours.keras", "colours.onnx"].map((name) => join(folder, name));
    for (const file of files) await writeAny(file, whole);
    const caffe = await call({ model: files[0]!, preprocess: "caffe" });
    expect(caffe).not.toMatchObject(await call({ model: files[0]!, preprocess: "tf" }));
    for (const model of files) {
      const lines = await call({ model });
      expect(lines.map((line) => line.class)).toEqual(caffe.map((line) => line.class));
      for (const [i, { probability }] of lines.entries())
        expect(probability).toBeCloseTo(caffe[i]!.probability, 5);
    }
  });

  it("are labels: of a single sigmoid, that of the second class", async () => {
    const model = join(folder, "sigmoid.keras");
    await writeAny(model, { ...network(1, "sigmoid"), labels: ["cat", "dog"] });
    for (const { label } of await call({ model })) expect(label).toBe("dog");
  });

  it("and one that is not there is no network that is not known", async () => {
    const message = expect.stringMatching(/absent\.keras: .*not there/) as string;
    await expect(call({ model: join(folder, "absent.keras") })).rejects.toMatchObject({ message });
  });
});
