// Surgery, features and fine-tuning: by hand on small models, and against Keras' own runs.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { isCajalError, tensor, type Tensor, type Weights } from "@cajal/core";
import { dataset, type Dataset } from "@cajal/datasets";
import { functional, mobilenet, readKeras, resolve, summary, toOnnx, weightSpecs, type Symbolic } from "@cajal/models"; // prettier-ignore
import { initialize, open } from "@cajal/runtime";
import { sgd, train } from "@cajal/train";
import { describe, expect, it } from "vitest";
import { describeWithShared, shared } from "../../../core/testing/shared";
import { generatedWeights } from "../../../models/testing/generated";
import { cutAt, withInputShape } from "./cutAt";
import { featureExtractor } from "./featureExtractor";
import { fineTune } from "./fineTune";
import type { LoadedModel } from "./loadedModel";
import type { FineTuneEvent, FineTuneOptions, Stage } from "./stages";
import { withHead } from "./withHead";

/** A convolution, a normalization, pooling, classes. */
function small(): LoadedModel {
  const net = functional("small");
  const image = net.input([8, 8, 3], { name: "image" });
  let x = net.layer("Conv2D", { filters: 4, kernel_size: 3, name: "conv" }, image);
  x = net.layer("BatchNormalization", { name: "bn" }, x);
  x = net.layer("ReLU", { name: "relu" }, x);
  x = net.layer("Conv2D", { filters: 5, kernel_size: 3, name: "last" }, x);
  x = net.layer("GlobalAveragePooling2D", { name: "pool" }, x);
  const model = net.model(image, net.layer("Dense", { units: 2, name: "classes" }, x));
  return { model, weights: generatedWeights(model) };
}
const images = (n: number, factors?: readonly number[]): Dataset<"float32", "int32"> => {
  const x = Float32Array.from({ length: n * 192 }, (_, i) => Math.sin(i * i));
  const y = Array.from({ length: n }, (_, i) => i % 3);
  for (let i = 0; i < n; i++) x[i * 192] = y[i]! * 4;
  const weight = factors && { weight: tensor("float32", [n], factors) };
  return dataset({ x: tensor("float32", [n, 8, 8, 3], x), y: tensor("int32", [n], y), ...weight }).batch(4); // prettier-ignore
};
const code = async (work: () => unknown) => {
  try {
    await work();
  } catch (error) {
    return isCajalError(error) ? error.code : error;
  }
  return undefined;
};
const near = (got: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number) => {
  expect(got.length).toBe(expected.length);
  for (let i = 0; i < got.length; i++)
    expect(Math.abs(got[i]! - expected[i]!), `element ${i}`).toBeLessThan(tolerance);
};
async function tuned(events: AsyncIterable<FineTuneEvent>) {
  const losses: number[] = [];
  for await (const event of events) {
    if (event.type === "step") losses.push(event.loss);
    if (event.type === "tuned") return { ...event, losses };
  }
  throw new Error("it never ended");
}

describe("cutAt", () => {
  it("gives the layer's output, and keeps what it needs alone", async () => {
    const { model, weights } = cutAt(small(), "relu");
    expect([...weights.keys()].filter((key) => /last|classes/.test(key))).toEqual([]);
    expect(resolve(model).outputs[0]!.shape).toEqual([null, 6, 6, 4]);
    const { x } = await images(2).all();
    await using cut = await open(model, weights);
    const whole = small();
    await using pooled = await open(whole.model, whole.weights, {});
    const { data } = await cut.predict(x);
    expect(Math.min(...(data as Float32Array))).toBe(0); // a ReLU's
    expect((await pooled.predict(x)).shape).toEqual([2, 2]);
  });

  it("takes a nested model by its name", () => {
    const inner = small().model;
    const outer = readKeras({
      class_name: "Functional",
      config: {
        name: "outer",
        layers: [
          { class_name: "InputLayer", name: "in", config: { batch_input_shape: [null, 8, 8, 3] }, inbound_nodes: [] },
          { class_name: "Functional", name: "base", config: { ...inner.config, name: "base" }, inbound_nodes: [[["in", 0, 0, {}]]] },
          { class_name: "ReLU", name: "end", config: {}, inbound_nodes: [[["base", 1, 0, {}]]] },
        ],
        input_layers: [["in", 0, 0]],
        output_layers: [["end", 0, 0]],
      },
    }); // prettier-ignore
    const cut = cutAt({ model: outer, weights: initialize(outer, { seed: 1 }) }, "base");
    expect(resolve(cut.model).outputNames).toEqual(["base"]);
    expect(cut.weights.size).toBe(weightSpecs(outer).length);
  });

  it("refuses a layer that is none", async () => {
    expect(await code(() => cutAt(small(), "rellu"))).toBe("unknown-name");
  });
});

describe("fineTune without a new head", () => {
  const ten = () => Object.assign(images(4), { classes: Array.from({ length: 10 }, String) });
  const message = async (work: Promise<unknown>) =>
    work.then(String, ({ message }: Error) => message);

  it("refuses a model whose outputs are not the data's classes", async () => {
    const stages = [{ epochs: 1, learns: ["last"] }];
    const expected = "fineTune: the model has 5 outputs and the data 10 classes: give classes: 10 for a new head."; // prettier-ignore
    const cut = cutAt(small(), "pool");
    expect(await message(tuned(fineTune(cut, ten(), { stages })))).toBe(expected);
    // A loss of numbers has no classes.
    const numbers = dataset({ x: tensor("float32", [4, 8, 8, 3]), y: tensor("float32", [4, 5]) }).batch(4); // prettier-ignore
    expect(await message(tuned(fineTune(cut, Object.assign(numbers, { classes: ["a"] }), { stages, loss: "mse", metrics: [] })))).toBe("[object Object]"); // prettier-ignore
  });

  it("takes a new head of more classes than the data have, as by their names", async () => {
    const three = Object.assign(images(4), { classes: ["a", "b", "c"] });
    const stages = [{ epochs: 1 }];
    expect((await tuned(fineTune(small(), three, { classes: 10, stages }))).losses).toHaveLength(1);
    const { labels } = await tuned(fineTune(small(), three, { labels: ["a", "b", "c", "d"], stages })); // prettier-ignore
    expect(labels).toEqual(["a", "b", "c", "d"]);
  });

  it("leaves the outputs of a model with several to their own losses", async () => {
    const net = functional("two");
    const image = net.input([8, 8, 3], { name: "image" });
    const x = net.layer("Flatten", { name: "flat" }, image);
    const heads = ["box", "kind"].map((name, i) =>
      net.layer("Dense", { units: 2 + i, activation: "softmax", name }, x),
    );
    const model = net.model(image, heads);
    const data = dataset({
      x: tensor("float32", [4, 8, 8, 3]),
      y: { box: tensor("int32", [4]), kind: tensor("int32", [4]) },
    }).batch(4);
    const three = Object.assign(data, { classes: ["a", "b", "c"] });
    const given = { model, weights: initialize(model, { seed: 1 }) };
    const stages = [{ epochs: 1, learns: "all" as const }];
    expect((await tuned(fineTune(given, three as unknown as Dataset, { stages }))).losses).toHaveLength(1); // prettier-ignore
  });

  it("does not call a new head's classes as those of the network before", async () => {
    const before = { ...small(), labels: ["tench", "goldfish", "shark", "ray", "cock"] };
    const stages = [{ epochs: 1, learns: "all" as const }];
    const graph = { model: toOnnx(before.model, before.weights), labels: before.labels };
    const graphs = fineTune(graph, images(3), { classes: 3, stages });
    expect((await tuned(graphs as AsyncIterable<FineTuneEvent>)).labels).toBeUndefined();
    expect((await tuned(fineTune(before, images(3), { classes: 3, stages }))).labels).toBeUndefined(); // prettier-ignore
    const named = withHead(before, { labels: ["a", "b", "c"] });
    expect((await tuned(fineTune(named, images(3), { stages }))).labels).toEqual(named.labels);
    const seven = { classes: 7, labels: ["a", "b", "c"], stages };
    for (const network of [before, graph])
      expect(await message(tuned(fineTune(network, images(3), seven) as AsyncIterable<FineTuneEvent>))).toBe("fineTune: got 3 labels for 7 classes."); // prettier-ignore
  });

  it("refuses a new head of fewer classes than the data have", async () => {
    expect(await message(tuned(fineTune(small(), ten(), { classes: 7 })))).toMatch(/a head of 7 classes and data of 10/); // prettier-ignore
  });

  it("says what a dataset is, and what is to be awaited", async () => {
    const wrong = (network: unknown, data: unknown) => message(tuned(fineTune(network as LoadedModel, data as Dataset, { classes: 3 }))); // prettier-ignore
    expect(await wrong(small(), { x: 1, y: 2 })).toMatch(/^fineTune: got .* as the data, expected a dataset: dataset\(\{ x, y \}\) of @cajal\/datasets\.$/); // prettier-ignore
    expect(await wrong(small(), Promise.resolve(images(4)))).toBe("fineTune: got a promise as the data: await it."); // prettier-ignore
    expect(await wrong(Promise.resolve(small()), images(4))).toBe("fineTune: got a promise as the model: await it."); // prettier-ignore
  });
});

describe("withInputShape", () => {
  it("takes other sizes where the weights fit, and says where they do not", async () => {
    const { model } = withInputShape(small(), [20, 12, 3]);
    expect(resolve(model).inputs[0]!.shape).toEqual([null, 20, 12, 3]);
    expect(await code(() => withInputShape(small(), [20, 12, 4]))).toBe("bad-shape");
    const top = mobilenet({ alpha: 0.25, include_top: false, input_shape: [96, 96, 3] });
    const given = { model: top, weights: initialize(top, { seed: 1 }) };
    expect(resolve(withInputShape(given, [64, 64, 3]).model).outputs[0]!.shape).toEqual([null, 2, 2, 256]); // prettier-ignore
  });
});

describe("withHead", () => {
  it("puts pooling, dropout and a dense layer on a feature map", () => {
    const { model, weights, head, base } = withHead(small(), { layer: "relu", classes: 3 });
    expect(
      summary(model)
        .layers.map(({ className }) => className)
        .slice(-3),
    ).toEqual(["GlobalAveragePooling2D", "Dropout", "Dense"]);
    expect(weights.get("predictions/kernel")!.shape).toEqual([4, 3]);
    expect([...weights.keys()].toSorted()).toEqual(
      [...base.weights.keys(), ...head.weights.keys()].toSorted(),
    );
    expect(weightSpecs(model).map(({ key }) => key).toSorted()).toEqual([...weights.keys()].toSorted()); // prettier-ignore
  });

  it("takes a name that is free, and labels for classes", () => {
    const first = withHead(small(), { labels: ["a", "b"] });
    const again = withHead(first, { labels: ["a", "b", "c"], layer: "pool" });
    expect(again.weights.has("predictions/kernel")).toBe(true);
    const onTop = withHead(first, { classes: 2 });
    expect(onTop.weights.has("predictions_1/kernel")).toBe(true);
    expect(again.labels).toEqual(["a", "b", "c"]);
  });
});

describe("a feature map whose channels come first", () => {
  /** A convolution, and what is behind it; the channels lie so that no mean of other axes has as many elements. */
  const mapped = (end: (net: ReturnType<typeof functional>, x: Symbolic) => Symbolic) => {
    const net = functional("first");
    const image = net.input([3, 8, 10]);
    const options = { filters: 5, kernel_size: 3, data_format: "channels_first" } as const;
    const model = net.model(image, end(net, net.layer("Conv2D", options, image)));
    return { model, weights: initialize(model, { seed: 1 }) };
  };
  const widthOf = (base: LoadedModel) =>
    resolve(withHead(base, { classes: 2 }).base.model).outputs[0]!.shape[1];

  it("is pooled to one number a channel, as GlobalAveragePooling2D with channels_first does", async () => {
    const base = mapped((net, x) => net.layer("ReLU", {}, x));
    const x = tensor(
      "float32",
      [1, 3, 8, 10],
      Array.from({ length: 240 }, (_, i) => Math.sin(i)),
    );
    await using whole = await open(base.model, base.weights);
    const map = (await whole.predict(x)).data as Float32Array;
    await using extractor = await featureExtractor(base);
    const means = Array.from({ length: 5 }, (_, c) => map.slice(48 * c, 48 * c + 48).reduce((sum, each) => sum + each, 0) / 48); // prettier-ignore
    near((await extractor.extract(x)).data, means, 1e-6);
  });

  it("is told by what is before layers that do not know it, and not across those that move axes", () => {
    const normalized = mapped((net, x) =>
      net.layer("Concatenate", { axis: 1 }, [net.layer("BatchNormalization", { axis: 1 }, x), x]),
    );
    expect(widthOf(normalized)).toBe(10);
    expect(widthOf(mapped((net, x) => net.layer("Permute", { dims: [2, 3, 1] }, x)))).toBe(5);
  });
});

describe("featureExtractor", () => {
  it("gives the pooled output, and keeps it by content", async () => {
    const folder = mkdtempSync(join(tmpdir(), "cajal-features-"));
    try {
      await using extractor = await featureExtractor(small(), { layer: "relu" });
      expect(extractor.size).toBe(4);
      const data = images(10);
      const { x } = await data.all();
      const direct = await extractor.extract(x);
      const kept = await extractor.features(data, { cache: folder });
      near((await kept.all()).x.data, direct.data, 1e-6);
      expect((await kept.all()).y).toEqual((await data.all()).y);
      const [file] = readdirSync(folder);
      const bytes = readFileSync(join(folder, file!));
      // What is there is read: of more examples the new ones alone are computed, and added.
      near((await (await extractor.features(data, { cache: folder })).all()).x.data, direct.data, 1e-6); // prettier-ignore
      expect(readFileSync(join(folder, file!)).equals(bytes)).toBe(true);
      await extractor.features(images(13), { cache: folder });
      expect(readFileSync(join(folder, file!)).length).toBeGreaterThan(bytes.length);
      expect(readdirSync(folder)).toHaveLength(1);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("fineTune", () => {
  const seed = 2;
  const head: FineTuneOptions = { classes: 3, layer: "relu", dropout: 0, seed, shuffle: false };

  it.each([
    ["", undefined],
    [", each example by its weight", Array.from({ length: 12 }, (_, i) => i % 5)],
  ])("trains the head on features as on the frozen whole%s", async (_, factors) => {
    const data = images(12, factors);
    const stages = [{ epochs: 3, learningRate: 0.05 }];
    const { model, weights, losses } = await tuned(fineTune(small(), data, { ...head, stages }));
    const start = withHead(small(), { classes: 3, layer: "relu", dropout: 0, seed });
    let expected: Weights | undefined;
    const whole: number[] = [];
    for await (const event of train(start.model, data, {
      loss: "sparse_categorical_crossentropy", metrics: [], epochs: 3, shuffle: false, seed,
      optimizer: (await import("@cajal/train")).adam({ learningRate: 0.05 }),
      weights: start.weights, frozen: ["conv", "bn"],
    })) {
      if (event.type === "step") whole.push(event.loss);
      if (event.type === "end") expected = event.weights;
    } // prettier-ignore
    near(losses, whole, 1e-5);
    expect(losses.at(-1)!).toBeLessThan(losses[2]!); // of the same batch, two epochs before
    for (const { key } of weightSpecs(model))
      near(weights.get(key)!.data as Float32Array, expected!.get(key)!.data as Float32Array, 1e-4);
  });

  describe("of several inputs", () => {
    /** What a dense layer makes of an image and of numbers, together. */
    const two = (): LoadedModel => {
      const net = functional("two");
      const [image, place] = [net.input([4, 4, 3], { name: "image" }), net.input([5], { name: "place" })]; // prettier-ignore
      const both = [net.layer("Flatten", {}, image), place];
      const model = net.model([image, place], net.layer("Dense", { units: 6, name: "body" }, net.layer("Concatenate", {}, both))); // prettier-ignore
      return { model, weights: initialize(model, { seed: 1 }) };
    };
    const waves = (shape: readonly number[], step: number) =>
      tensor("float32", shape, Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(i * step))); // prettier-ignore
    const x = { place: waves([7, 5], 1.3), image: waves([7, 4, 4, 3], 0.7) };
    const y = tensor("int32", [7], [0, 1, 2, 2, 1, 0, 1]);
    const stages = [{ epochs: 2, learningRate: 0.05 }, { epochs: 1 }];

    it("trains the head on features as on the frozen whole, and keeps these by all inputs", async () => {
      const folder = mkdtempSync(join(tmpdir(), "cajal-two-"));
      try {
        const data = dataset({ x, y }).batch(3);
        const options = { ...head, layer: "body", stages, cache: folder };
        const { losses } = await tuned(fineTune(two(), data, options));
        // Augmented data go through the whole network.
        const whole = await tuned(fineTune(two(), data, { ...options, augment: (batch) => batch }));
        near(losses, whole.losses, 1e-5);
        const other = { ...x, place: waves([7, 5], 0.4) };
        await using extractor = await featureExtractor(two());
        const kept = await extractor.features(dataset({ x: other, y: { classes: y } }).batch(7), { cache: folder }); // prettier-ignore
        near((await kept.all()).x.data, (await extractor.extract(other)).data, 1e-6);
        expect((await kept.all()).y).toEqual({ classes: y });
      } finally {
        rmSync(folder, { recursive: true });
      }
    });

    it("does so in graphs", async () => {
      const { model, weights } = two();
      const graph = { model: toOnnx(model, weights) };
      const options = { classes: 3, seed, shuffle: false, stages };
      const data = dataset({ x, y }).batch(3);
      const { losses } = await tuned(fineTune(graph, data, options) as AsyncIterable<FineTuneEvent>); // prettier-ignore
      const whole = fineTune(graph, data, { ...options, augment: (batch) => batch });
      near(losses, (await tuned(whole as AsyncIterable<FineTuneEvent>)).losses, 1e-5);
    });

    it("takes one input by its name, too", async () => {
      const { x, y } = await images(12).all();
      const named = dataset({ x: { image: x }, y }).batch(4);
      const options = { ...head, stages: [{ epochs: 2 }] };
      const { losses } = await tuned(fineTune(small(), named, options));
      near(losses, (await tuned(fineTune(small(), images(12), options))).losses, 1e-6);
    });
  });

  it("gives the whole model's weights after every epoch, in each stage", async () => {
    const stages = [{ epochs: 1 }, { epochs: 1, learns: "all" as const }];
    const keys: string[][] = [];
    let first: Weights | undefined;
    for await (const event of fineTune(small(), images(12), { ...head, stages })) {
      if (event.type === "epoch" || event.type === "end") {
        const weights = event.type === "end" ? event.weights : await event.weights();
        keys.push([...weights.keys()].toSorted());
        if (event.type === "end") first ??= weights;
      }
      if (event.type === "tuned")
        expect(weightSpecs(event.model).map(({ key }) => key).toSorted()).toEqual(keys[0]); // prettier-ignore
    }
    expect(keys).toHaveLength(4);
    for (const each of keys) expect(each).toEqual(keys[0]);
    expect(first!.get("conv/kernel")!.data).toEqual(small().weights.get("conv/kernel")!.data);
  });

  it("lets the upper layers learn in the second stage, normalization and what is below not", async () => {
    const before = small().weights;
    const stages = [{ epochs: 1 }, { epochs: 2, learns: { from: "bn" }, optimizer: sgd() }];
    const { weights } = await tuned(
      fineTune(small(), images(12), { ...head, layer: "last", stages }),
    );
    const moved = (key: string) => String(weights.get(key)!.data) !== String(before.get(key)!.data);
    expect(["conv/kernel", "bn/gamma", "bn/moving_mean", "last/kernel"].map(moved)).toEqual([
      false,
      false,
      false,
      true,
    ]);
    const free = [{ epochs: 1, learns: "all" as const, normalization: true, optimizer: sgd() }];
    const all = await tuned(fineTune(small(), images(12), { ...head, stages: free }));
    expect(["bn/gamma", "bn/moving_mean"].map((key) => String(all.weights.get(key)!.data) !== String(before.get(key)!.data))).toEqual([true, true]); // prettier-ignore
  });

  it("learns slowly where more than the head learns, from the first stage on", async () => {
    const { model, weights } = small();
    const graph = { model: toOnnx(model, weights) };
    const run = async (network: LoadedModel | typeof graph, stage: Partial<Stage>) => {
      const stages = [{ epochs: 1, learns: "all", ...stage } as Stage];
      const options = { classes: 3, dropout: 0, seed, shuffle: false, stages };
      return (await tuned(fineTune(network, images(12), options) as AsyncIterable<FineTuneEvent>)).weights; // prettier-ignore
    };
    for (const network of [small(), graph]) {
      expect(await run(network, {})).toEqual(await run(network, { learningRate: 1e-5 }));
      expect(await run(network, { learns: "head" })).toEqual(await run(network, { learns: "head", learningRate: 1e-3 })); // prettier-ignore
    }
  });

  describe("what the model marks as trainable: false", () => {
    /** The same model with marks on layers, or on all of them. */
    const marked = (names?: readonly string[]): LoadedModel => {
      const { model, weights } = small();
      const layers = model.config.layers.map((entry) =>
        names && !names.includes(entry.name) ? entry : { ...entry, config: { ...entry.config, trainable: false } },
      ); // prettier-ignore
      return { model: { ...model, config: { ...model.config, layers } }, weights };
    };
    const run = (base: LoadedModel, learns: Stage["learns"]) =>
      tuned(fineTune(base, images(12), { ...head, stages: [{ epochs: 1, learns: learns! }] }));

    it("learns where a list names it, as if it were not marked", async () => {
      const { weights, model } = await run(marked(), ["conv"]);
      expect(weights).toEqual((await run(small(), ["conv"])).weights);
      expect(weights.get("conv/kernel")!.data).not.toEqual(small().weights.get("conv/kernel")!.data); // prettier-ignore
      expect(model.config.layers[1]!.config.trainable).toBe(false);
    });

    it("stays where the others learn, and is told where it is all there is", async () => {
      const { weights } = await run(marked(["conv"]), "all");
      expect(weights.get("conv/kernel")!.data).toEqual(small().weights.get("conv/kernel")!.data);
      const message = /stage 1: the model marks every layer.*trainable: false, the first "conv"/;
      await expect(run(marked(), "all")).rejects.toThrow(message);
    });
  });

  it("refuses stages in which nothing learns, and what no stage or head has", async () => {
    const refused: [Partial<FineTuneOptions> | object, RegExp][] = [
      [{ stages: [{ epochs: 1, learns: [] }] }, /learns/],
      [{ stages: [{ epochs: 1, learns: "uper" }] }, /got learns "uper"/],
      [{ stages: [{ epochs: 1, learns: null }] }, /got learns null/],
      [{ stages: [{ epochs: 1, learns: {} }] }, /got learns/],
      [{ stages: [null] }, /stage 1: got null/],
      [{ stages: [{ epochs: 1, zz: 3 }] }, /"zz"/],
      [{ stages: [{ epochs: 0 }] }, /epochs/],
      [{ pooling: "zz" }, /pooling.*"zz"/],
      [{ pooling: 7 }, /pooling/],
      [{ device: "" }, /device/],
      [{ threads: NaN }, /threads/],
      [{ validation: { x: [[1]], y: [1] } }, /as validation, expected a dataset/],
    ];
    for (const [options, message] of refused) {
      const all = { classes: 3, stages: [{ epochs: 1 }], ...options } as FineTuneOptions;
      const error: unknown = await tuned(fineTune(small(), images(8), all)).catch((cause: unknown) => cause); // prettier-ignore
      expect(isCajalError(error), `${JSON.stringify(options)}: ${String(error)}`).toBe(true);
      expect((error as Error).message).toMatch(message);
    }
  });

  it("goes on where it was left, to the same weights bit for bit", async () => {
    const folder = mkdtempSync(join(tmpdir(), "cajal-tune-"));
    try {
      const stages = [{ epochs: 2 }, { epochs: 2, learns: "all" as const }];
      const options = { ...head, stages, labels: ["a", "b", "c"], classes: undefined };
      const run = (more: FineTuneOptions) => fineTune(small(), images(12), { ...options, ...more });
      const straight = await tuned(run({}));
      for await (const event of run({ folder }))
        if (event.type === "checkpoint" && event.stage === 1) break;
      const resumed = await tuned(run({ folder }));
      expect(resumed.losses.length).toBe(3); // the last epoch alone
      for (const [key, { data }] of straight.weights)
        expect(resumed.weights.get(key)!.data, key).toEqual(data);
      expect(resumed.labels).toEqual(["a", "b", "c"]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it.each([
    ["a head that is none", { stages: [{ epochs: 1, learns: "head" as const }] }, "bad-argument"],
    ["a layer that is none", { stages: [{ epochs: 1, learns: ["konv"] }] }, "unknown-name"],
    ["an unknown option", { stage: [] } as FineTuneOptions, "unknown-option"],
  ])("refuses %s", async (_, options, expected) => {
    expect(await code(() => tuned(fineTune(small(), images(4), options)))).toBe(expected);
  });
});

describeWithShared("Keras' runs of transfer learning", "reference/course/transfer", (path) => {
  const mnist = (): { x: Float32Array; y: number[] } => {
    const raw = (name: string) => gunzipSync(readFileSync(shared(`data/mnist/${name}.gz`)));
    const x = Float32Array.from(raw("train-images-idx3-ubyte").subarray(16, 16 + 784 * 128), (byte) => byte / 255); // prettier-ignore
    return { x, y: Array.from(raw("train-labels-idx1-ubyte").subarray(8, 136), (label) => label % 5) }; // prettier-ignore
  };
  /** Batches `from` … `to` of 16, modulo the 128 images. */
  const batches = (from: number, to: number): Dataset => {
    const { x, y } = mnist();
    const order = Array.from({ length: (to - from) * 16 }, (_, i) => (from * 16 + i) % 128);
    return dataset({
      x: tensor("float32", [order.length, 28, 28, 1], Float32Array.from(order.flatMap((i) => Array.from(x.subarray(i * 784, i * 784 + 784))))), // prettier-ignore
      y: tensor(
        "int32",
        [order.length],
        order.map((i) => y[i]!),
      ),
    }).batch(16);
  };
  interface Run {
    models: { transfer: { config: object } };
    loss_at_each_step: number[];
    weights_at_the_end: Record<string, { first5: number[]; moved_l2: number }>;
  }
  it.each([
    ["bn_kept_frozen", ["head", "base/block2_conv"]],
    ["base_trainable_false", ["head", "base/block2_conv", "base/block2_bn"]],
  ])("%s, loss by loss", async (name, learns) => {
    const run = JSON.parse(readFileSync(`${path}/${name}.json`, "utf8")) as Run;
    const model = readKeras(run.models.transfer.config);
    // The stages' layers are named, so what the config froze is no matter.
    const text = JSON.stringify(model).replaceAll('"trainable":false', '"trainable":true');
    const free = readKeras(text);
    const first = await tuned(
      fineTune({ model: free, weights: generatedWeights(free) }, batches(0, 6), {
        stages: [{ epochs: 1, learningRate: 0.02, learns: ["head"] }],
        shuffle: false,
      }),
    );
    const second = await tuned(
      fineTune({ model: free, weights: first.weights }, batches(6, 12), {
        stages: [{ epochs: 1, learningRate: 0.002, learns }],
        shuffle: false,
      }),
    );
    near([...first.losses, ...second.losses], run.loss_at_each_step, 1e-5);
    for (const [key, { first5 }] of Object.entries(run.weights_at_the_end)) {
      const got = second.weights.get(key) as Tensor<"float32"> | undefined;
      if (got) near(got.data.slice(0, 5), first5, 3e-4);
    }
  });
});
