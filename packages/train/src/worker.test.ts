// Training on a thread of its own: the same numbers, and the caller's event loop stays free.
import { execFile } from "node:child_process";
import { copyFileSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Worker } from "node:worker_threads";
import { tensor, type Batch, type Weights } from "@cajal/core";
import { digits, rescale } from "@cajal/datasets";
import { functional, type ModelConfig } from "@cajal/models";
import { GraphBuilder } from "@cajal/onnx";
import { initialize, openTrainStep } from "@cajal/runtime";
import { afterEach, describe, expect, it, vi } from "vitest";
import { bundle } from "../../core/testing/bundle";
import {
  accuracy,
  adam,
  sparseCategoricalCrossentropy,
  train,
  type StepEvent,
  type TrainOptions,
} from "./index";

const execute = promisify(execFile);

function small({ size = 8, filters = 4 } = {}): ModelConfig {
  const net = functional("small");
  const image = net.input([size, size, 1]);
  let x = net.layer("Conv2D", { filters, kernel_size: 3 }, image);
  x = net.layer("BatchNormalization", {}, x);
  x = net.layer("ReLU", {}, x);
  x = net.layer("DepthwiseConv2D", { kernel_size: 3 }, x);
  x = net.layer("Conv2D", { filters, kernel_size: 3 }, x);
  x = net.layer("GlobalAveragePooling2D", {}, x);
  x = net.layer("Dropout", { rate: 0.25 }, x);
  x = net.layer("Dense", { units: 10, activation: "softmax" }, x);
  return net.model([image], [x]);
}

const few = () =>
  digits()
    .map(rescale(1 / 16))
    .take(130)
    .batch(40);

const stepOptions = {
  loss: sparseCategoricalCrossentropy(),
  optimizer: adam({ learningRate: 0.01 }),
  metrics: [accuracy()],
};

async function run(more: Partial<TrainOptions>) {
  const steps: StepEvent[] = [];
  const validations: unknown[] = [];
  let weights: Weights = new Map();
  const options = { ...stepOptions, epochs: 2, validation: few(), ...more };
  for await (const event of train(small(), few(), options)) {
    if (event.type === "step") steps.push(event);
    if (event.type === "epoch") validations.push(event.validation);
    if (event.type === "end") ({ weights } = event);
  }
  return { steps, validations, weights };
}

/** A batch whose step takes a while. */
const large = (size: number): Batch => ({
  x: tensor("float32", [8, size, size, 1], new Float32Array(8 * size * size).fill(0.5)),
  y: tensor("int32", [8], [0, 1, 2, 3, 4, 5, 6, 7]),
});

afterEach(() => void vi.restoreAllMocks());

/** The workers that are made from now on, as soon as they are spoken to. */
function workers(): () => Worker[] {
  const spy = vi.spyOn(Worker.prototype, "postMessage");
  return () => [...new Set(spy.mock.contexts as Worker[])];
}

describe("a training step on a thread of its own", () => {
  it.each([1, 2])("gives the same, bit for bit, %i batches an update", async (accumulate) => {
    const onMainThread = await run({ accumulate, worker: false });
    const onWorker = await run({ accumulate, worker: true });
    expect(onWorker).toEqual(onMainThread);
    expect(onMainThread.steps.length).toBe(2 * Math.ceil(4 / accumulate));
  });

  it("leaves the caller's event loop free", async () => {
    const model = small({ size: 96, filters: 16 });
    const batch = large(96);
    /** How often the event loop comes round in three steps. */
    async function turnsOf(worker: boolean): Promise<number> {
      const weights = initialize(model, { seed: 1 });
      const step = await openTrainStep(model, weights, { ...stepOptions, worker });
      await step.run(batch); // compiles
      let turns = 0;
      let running = true;
      setImmediate(function turn() {
        turns++;
        if (running) setImmediate(turn);
      });
      for (let i = 0; i < 3; i++) await step.run(batch);
      running = false;
      await step.dispose();
      return turns;
    }
    const [mainThreadTurns, workerTurns] = [await turnsOf(false), await turnsOf(true)];
    // On the caller's thread it comes round between steps; beside a worker it never stands still.
    expect(workerTurns).toBeGreaterThan(10 * mainThreadTurns);
  });

  it("keeps the code and the facts of errors, and the weights", async () => {
    const weights = initialize(small(), { seed: 1 });
    const step = await openTrainStep(small(), weights, { ...stepOptions, worker: true });
    const { x, y } = await few().all();
    const bad = { x: { ...x, data: Float32Array.from(x.data, () => 1e38) }, y };
    await expect(step.run(bad)).rejects.toMatchObject({
      code: "diverged",
      facts: { step: 1, tensor: 'the output of layer "batch_normalization"' },
    });
    expect(await step.weights()).toEqual(weights);
    expect((await step.run({ x, y })).loss).toBeGreaterThan(0);
    expect(x.data.length).toBe(130 * 64);
    await step.dispose();
  });

  it.each([true, false])("goes on after a run that failed, worker: %s", async (worker) => {
    // Rows of a table by number: ONNX Runtime refuses a number beyond its end as it runs.
    const g = new GraphBuilder();
    const rows = g.cast(g.input("x", "float32", ["batch"]), "int64");
    const table = g.initializer("table", tensor("float32", [3, 2], [1, 2, 3, 4, 5, 6]));
    g.output(g.gather(table, rows), "y");
    const loss = sparseCategoricalCrossentropy({ fromLogits: true });
    const step = await openTrainStep(g.build(), { ...stepOptions, loss, worker });
    const batch = (...x: number[]) => ({
      x: tensor("float32", [2], x),
      y: tensor("int32", [2], [0, 1]),
    });
    await step.run(batch(0, 1));
    const before = await step.weights();
    await expect(step.run(batch(0, 7))).rejects.toMatchObject({ code: "engine" });
    expect(await step.weights()).toEqual(before);
    await step.run(batch(0, 1));
    expect(await step.weights()).not.toEqual(before);
    await step.dispose();
  });

  it("says so when the thread is lost", async () => {
    const pool = workers();
    const weights = initialize(small(), { seed: 1 });
    const step = await openTrainStep(small(), weights, { ...stepOptions, worker: true });
    const batch = await few().all();
    await step.run(batch);
    await pool()[0]!.terminate();
    await expect(step.run(batch)).rejects.toMatchObject({ code: "engine" });
    await step.dispose();
  });

  it("ends with the step, with the loop, and when that is aborted", async () => {
    const pool = workers();
    const weights = initialize(small(), { seed: 1 });
    const step = await openTrainStep(small(), weights, { ...stepOptions, worker: true });
    await step.run(await few().all());
    await step.dispose();
    await expect(step.weights()).rejects.toMatchObject({ code: "disposed" });

    const controller = new AbortController();
    const options = { ...stepOptions, epochs: 100, worker: true, signal: controller.signal };
    const running = (async () => {
      for await (const event of train(small(), few(), options))
        if (event.type === "step" && event.step === 2) controller.abort(new Error("enough"));
    })();
    await expect(running).rejects.toThrow("enough");
    for await (const event of train(small(), few(), { ...stepOptions, epochs: 1, worker: true }))
      if (event.type === "step") break;
    expect(pool().length).toBe(3);
    // A worker that has ended has this number.
    expect(pool().map(({ threadId }) => threadId)).toEqual([-1, -1, -1]);
  });

  it("is where train computes, unless it is told otherwise", async () => {
    const pool = workers();
    await run({ worker: false });
    await run({ engine: "tfjs", device: "cpu" });
    expect(pool().length).toBe(0);
    await run({});
    expect(pool().length).toBe(1);
  });

  it("is found from the sources, and does not keep a process alive", async () => {
    const program = fileURLToPath(new URL("../testing/leftOpen.ts", import.meta.url));
    const runner = fileURLToPath(new URL("../../../scripts/run-source.mjs", import.meta.url));
    const { stdout } = await execute(process.execPath, [runner, program, "worker"]);
    expect(stdout).toBe("trained, 1 workers\nleft open, 2 workers\n");
  });

  it("is done without where a bundle has left its file behind, unless it is asked for", async () => {
    const program = await bundle(new URL("../testing/leftOpen.ts", import.meta.url));
    // Packages are found from where the program lies.
    const copy = fileURLToPath(new URL(`../testing/.${process.pid}.mjs`, import.meta.url));
    copyFileSync(program, copy);
    try {
      const { stdout } = await execute(process.execPath, [copy]);
      expect(stdout).toBe("trained, 0 workers\nleft open, 0 workers\n");
      await expect(execute(process.execPath, [copy, "worker"])).rejects.toMatchObject({
        stderr: expect.stringMatching(/on a thread of its own.*graphWorker/s),
      });
    } finally {
      rmSync(copy);
    }
  });

  it("is refused where there is none", async () => {
    const weights = initialize(small(), { seed: 1 });
    for (const more of [{ engine: "tfjs" }, { device: "wasm" }] as const)
      await expect(
        openTrainStep(small(), weights, { ...stepOptions, worker: true, ...more }),
      ).rejects.toMatchObject({ code: "unsupported" });
  });
});
