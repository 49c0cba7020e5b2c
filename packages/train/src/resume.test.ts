// A run goes on only as what it was, unless the caller says what shall be other.
import { isCajalError, tensor } from "@cajal/core";
import { dataset } from "@cajal/datasets";
import { convnet, functional } from "@cajal/models";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  adam,
  decodeCheckpoint,
  encodeCheckpoint,
  huber,
  sgd,
  sparseCategoricalCrossentropy,
  train,
  type Checkpoint,
  type TrainData,
  type TrainOptions,
} from "./index";

const net = functional("line");
const input = net.input([2]);
const model = net.model([input], [net.layer("Dense", { units: 1, name: "dense" }, input)]);
const xs = Float32Array.from({ length: 20 }, (_, i) => Math.sin(i));
const data = (shift = 0) =>
  dataset({
    x: tensor("float32", [10, 2], xs),
    y: tensor(
      "float32",
      [10, 1],
      xs.subarray(0, 10).map((x) => 2 * x + shift),
    ),
  }).batch(4);

const options: TrainOptions = {
  epochs: 1,
  loss: huber(),
  optimizer: adam(),
  metrics: ["mae"],
  worker: false,
};

async function run(changes: Partial<TrainOptions> = {}, from = data()): Promise<Checkpoint> {
  let last: Checkpoint | undefined;
  const checkpoint = { save: async (saved: Checkpoint) => void (last = saved) };
  for await (const event of train(model, from, { ...options, checkpoint, ...changes })) void event;
  return decodeCheckpoint(await encodeCheckpoint(last!));
}

describe("a run that goes on", () => {
  it.each<[string, Partial<TrainOptions>]>([
    ["optimizer", { optimizer: adam({ beta1: 0.8 }) }],
    ["optimizer", { optimizer: adam({ learningRate: 0.1 }) }],
    ["optimizer", { optimizer: sgd() }],
    ["loss", { loss: "mse" }],
    ["loss", { loss: huber({ delta: 2 }) }],
    ["metrics", { metrics: [] }],
    ["accumulate", { accumulate: 2 }],
    ["shuffle", { shuffle: false }],
    ["classWeights", { classWeights: { 0: 2 } }],
    ["learningRateMultipliers", { learningRateMultipliers: { dense: 0 } }],
  ])("refuses another %s: %j", async (_, changes) => {
    const resume = await run();
    const error: unknown = await run({ epochs: 2, resume, ...changes }).catch((cause) => cause);
    expect(isCajalError(error, "bad-argument"), String(error)).toBe(true);
    expect((error as Error).message).toContain("allowChanges");
  });

  it("refuses a checkpoint that is broken, before anything is done", async () => {
    const resume = await run();
    const { position } = resume;
    const broken: [string, object][] = [
      ["seed", { seed: undefined }],
      ["seed", { seed: 1.5 }],
      ["batch", { position: { ...position, batch: undefined } }],
      ["batch 99", { position: { ...position, batch: 99 } }],
      ["epoch", { position: { ...position, epoch: "zz" } }],
      ["totals", { position: { ...position, totals: undefined } }],
      ["totals", { position: { ...position, totals: { loss: ["a"] } } }],
      ["run", { run: 5 }],
    ];
    for (const [what, fields] of broken) {
      const events = train(model, data(), { ...options, epochs: 2, resume: { ...resume, ...fields } as Checkpoint }); // prettier-ignore
      await expect(events.next()).rejects.toMatchObject({ code: "bad-argument", message: expect.stringContaining(what) }); // prettier-ignore
    }
  });

  it("keeps a metric that is infinite, through a file too", async () => {
    const y = tensor("float32", [3, 1], [1e25, 2, 1]);
    const infinite = dataset({ x: tensor("float32", [3, 2], [1, 2, 3, 4, 5, 6]), y }).batch(1);
    const saved: Checkpoint[] = [];
    const checkpoint = { everySteps: 1, save: async (each: Checkpoint) => void saved.push(each) };
    const mean = async (more: Partial<TrainOptions>) => {
      const same = { epochs: 1, loss: "mae", metrics: ["mse"], optimizer: sgd({ learningRate: 0.001 }), shuffle: false, worker: false } as const; // prettier-ignore
      for await (const event of train(model, infinite, { ...same, ...more }))
        if (event.type === "epoch") return event.metrics["mean_squared_error"];
      return undefined;
    };
    expect(await mean({ checkpoint })).toBe(Infinity);
    const resume = decodeCheckpoint(await encodeCheckpoint(saved[0]!));
    expect(await mean({ resume: await resume })).toBe(Infinity);
  });

  it("refuses targets of checkpoints that cannot save", async () => {
    for (const checkpoint of [{}, { save: 3 }, { save: async () => {}, everySteps: 0 }, { save: async () => {}, everyEpochs: NaN }]) // prettier-ignore
      await expect(
        train(model, data(), { ...options, checkpoint: checkpoint as never }).next(),
      ).rejects.toMatchObject({ code: "bad-argument", message: expect.stringContaining("checkpoint.") }); // prettier-ignore
  });

  it("refuses data that give other numbers of batches than they say", async () => {
    const whole = data();
    for (const [claimed, got] of [
      [4, "3"],
      [2, "more"],
    ] as const) {
      const source: TrainData = {
        size: whole.size,
        batchSize: whole.batchSize,
        batchCount: claimed,
        batches: (where: Parameters<TrainData["batches"]>[0]) => whole.batches(where),
        batch: () => source,
        shuffle: () => source,
      } as unknown as TrainData;
      const all = async (events: AsyncIterable<unknown>) => {
        for await (const event of events) void event;
      };
      for (const [what, events] of [
        ["data", train(model, source, { ...options, accumulate: 2 })],
        ["validation data", train(model, data(), { ...options, validation: source })],
      ] as const)
        await expect(all(events)).rejects.toMatchObject({ code: "bad-argument", message: `train: the ${what} gave ${got} batches in an epoch, and has a batchCount of ${claimed}.` }); // prettier-ignore
    }
  });

  it.each(["batchCount", "size", "batchSize"] as const)(
    "refuses data whose %s is no whole number",
    async (name) => {
      const { size, batchSize, batchCount } = data();
      const stated = { size, batchSize, batchCount, [name]: undefined };
      const source: TrainData = {
        ...stated,
        batches: (where) => data().batches(where),
        batch: () => source,
        shuffle: () => source,
      };
      const checkpoint = { save: async () => {} };
      const expected = { code: "bad-argument", message: expect.stringContaining(`${name} undefined, expected a whole number`) }; // prettier-ignore
      await expect(train(model, source, { ...options, checkpoint }).next()).rejects.toMatchObject(expected); // prettier-ignore
      // Only what is resumed needs all of them.
      const validated = train(model, data(), { ...options, validation: source });
      if (name === "batchCount") await expect(validated.next()).rejects.toMatchObject(expected);
      else expect((await validated.next()).value).toMatchObject({ type: "start" });
      await validated.return();
    },
  );

  it("refuses another model whose weights have the same shapes", async () => {
    const resume = await run();
    const other = functional("line");
    const x = other.input([2]);
    const config = { units: 1, name: "dense", activation: "relu" };
    const relu = other.model([x], [other.layer("Dense", config, x)]);
    const resumeOnce = async () => {
      for await (const event of train(relu, data(), { ...options, epochs: 2, resume })) void event;
    };
    const error: unknown = await resumeOnce().catch((cause) => cause);
    expect(isCajalError(error, "bad-argument"), String(error)).toBe(true);
    expect((error as Error).message).toContain('allowChanges: ["model"]');
  });

  it.each<[string, (from: ReturnType<typeof data>) => ReturnType<typeof data>]>([
    ["without its last batch's rest", (from) => from.batch(4, { dropRemainder: true })],
    [
      "with another label at the end",
      (from) =>
        from.map(({ x, y }) => ({
          x,
          y: tensor(
            y.dtype,
            y.shape,
            [...y.data].map((each, i) => (Number(x.data[2 * i]) === xs[18] ? 7 : Number(each))),
          ),
        })),
    ],
  ])("refuses data %s", async (_, change) => {
    // prettier-ignore
    const resume = await run();
    const error: unknown = await run({ epochs: 2, resume }, change(data())).catch((cause) => cause);
    expect(isCajalError(error, "bad-argument"), String(error)).toBe(true);
    expect((error as Error).message).toContain("data");
  });

  it("refuses other data of the same size", async () => {
    const resume = await run();
    const error: unknown = await run({ epochs: 2, resume }, data(1)).catch((cause) => cause);
    expect(isCajalError(error, "bad-argument")).toBe(true);
    expect((error as Error).message).toContain("data");
  });

  it("takes what the caller says shall be other", async () => {
    const resume = await run();
    const optimizer = adam({ learningRate: 0.01 });
    const { position } = await run({
      epochs: 2,
      resume,
      optimizer,
      loss: "mse",
      allowChanges: ["optimizer", "loss"],
    });
    expect(position.epoch).toBe(2);
  });

  it("takes the same again, and data that is random without a seed", async () => {
    const noisy = () =>
      data().map(({ x, y }) => ({
        x: tensor(
          "float32",
          x.shape,
          Float32Array.from(x.data, (each) => each + Math.random()),
        ),
        y,
      }));
    const resume = await run({}, noisy());
    const { position } = await run({ epochs: 2, resume }, noisy());
    expect(position.epoch).toBe(2);
  });
});

describe("formulations that were chosen by measurement", () => {
  const images = dataset({
    x: tensor("float32", [4, 32, 32, 3], Float32Array.from({ length: 4 * 32 * 32 * 3 }, (_, i) => Math.sin(i))), // prettier-ignore
    y: tensor("int32", [4], [0, 1, 2, 3]),
  }).batch(4);
  const settings = {
    epochs: 1,
    loss: sparseCategoricalCrossentropy({ fromLogits: true }),
    optimizer: sgd({ learningRate: 0.01 }),
    worker: false,
    threads: 1,
    verify: false,
  };
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "cajal-resume-"));
    vi.stubEnv("CAJAL_CACHE", folder);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true });
  });

  async function trainedOn(changes: Partial<TrainOptions> = {}): Promise<Checkpoint> {
    let last: Checkpoint | undefined;
    const checkpoint = { save: async (saved: Checkpoint) => void (last = saved) };
    const events = train(convnet(), images, { ...settings, checkpoint, ...changes });
    for await (const event of events) void event;
    return decodeCheckpoint(await encodeCheckpoint(last!));
  }

  it("are in the checkpoint, and in force where another machine goes on", async () => {
    const { formulations } = await trainedOn();
    expect(Object.keys(formulations!).length).toBeGreaterThan(1);
    // Of each the one that was not chosen, as another processor may.
    const others = Object.fromEntries(
      Object.entries(formulations!).map(([key, chosen]) => {
        const names = key.split(": ")[1]!.split(", ");
        return [key, names.find((name) => name !== chosen)!];
      }),
    );
    const whole = await trainedOn({ epochs: 2, formulations: others });
    expect(whole.formulations).toEqual(others);
    const half = await trainedOn({ formulations: others });
    const resumed = await trainedOn({ epochs: 2, resume: half });
    expect(resumed.formulations).toEqual(others);
    expect(resumed.weights).toEqual(whole.weights);
    const here = await trainedOn({ epochs: 2 });
    expect(here.weights).not.toEqual(whole.weights);
  });
});

describe("data", () => {
  it("keeps dropRemainder where train sets the size of its batches", async () => {
    const examples: number[] = [];
    const from = data().batch(5, { dropRemainder: true });
    for await (const event of train(model, from, { ...options, batchSize: 4 }))
      if (event.type === "step") examples.push(event.examples);
    expect(examples).toEqual([4, 4]);
  });

  it("may be typed arrays, alone or as rows", async () => {
    const losses: number[] = [];
    const rows = [[1, 0], [0, 1], [1, 1]]; // prettier-ignore
    for (const { x, y } of [
      { x: rows, y: [1, 2, 3] },
      { x: rows.map((row) => Float32Array.from(row)), y: Int32Array.of(1, 2, 3) },
    ])
      for await (const event of train(model, { x, y }, { ...options, loss: "mse" }))
        if (event.type === "epoch") losses.push(event.loss);
    expect(losses[1]).toBe(losses[0]);
  });

  it("may be arrays of numbers, with weights that count", async () => {
    const losses: number[] = [];
    const x = [[1, 0], [0, 1], [1, 1]]; // prettier-ignore
    for (const weight of [undefined, [0, 0, 0]])
      for await (const event of train(
        model,
        { x, y: [1, 2, 3], ...(weight && { weight }) },
        { ...options, loss: "mse" },
      ))
        if (event.type === "epoch") losses.push(event.loss);
    expect(losses[0]).toBeGreaterThan(0);
    expect(losses[1]).toBe(0);
  });

  it.each<[string, unknown, Partial<TrainOptions>]>([
    ["an unknown part of it", { x: [[1, 2]], y: [1], weights: [1] }, {}],
    ["rows of other lengths", { x: [[1, 2], [1]], y: [1, 2] }, {}],
    ["text", { x: [["a", "b"]], y: [1] }, {}],
    ["a path", "images", {}],
    ["validation without a batch", data(), { validation: data().take(0) }],
    ["an unknown loss", data(), { loss: "msee" }],
    ["the function for the loss", data(), { loss: huber as never }],
    ["an unknown optimizer", data(), { optimizer: "adamm" }],
    ["an unknown metric", data(), { metrics: ["acuracy"] }],
    ["a metric that is no list", data(), { metrics: "accuracy" as never }],
    ["metrics that are no list or record", data(), { metrics: new Set(["mae"]) as never }],
    ["factors in a Map", data(), { learningRateMultipliers: new Map([["dense", 0]]) as never }],
    ["loss weights in a Map", data(), { lossWeights: new Map([["dense", 2]]) as never }],
    ["a checkpoint of nothing", data(), { resume: {} as never }],
    ["a number that is left out", { x: [[, 1]], y: [1] }, {}], // oxlint-disable-line no-sparse-arrays
    ["an unknown output", data(), { loss: { outt: "mse" } }],
    ["a batch of an unknown part", data().map((batch) => ({ ...batch, weights: batch.y })), {}],
  ])("is refused: %s", async (_, from, changes) => {
    const error: unknown = await run(changes, from as never).catch((cause) => cause);
    expect(isCajalError(error), String(error)).toBe(true);
  });
});
