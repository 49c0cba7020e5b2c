// What would write numbers that are none is refused before it is written.
import { isCajalError, tensor } from "@cajal/core";
import { functional } from "@cajal/models";
import { initialize, openTrainStep, type EngineName, type Optimizer } from "@cajal/runtime";
import { describe, expect, it } from "vitest";
import {
  adagrad,
  adam,
  meanAbsoluteError,
  meanSquaredError,
  rmsprop,
  sgd,
  train,
  type Checkpoint,
} from "./index";

const net = functional("line");
const input = net.input([2]);
const model = net.model([input], [net.layer("Dense", { units: 1, name: "dense" }, input)]);
const batch = (scale: number) => ({
  x: tensor("float32", [2, 2], [scale, 0, 0, 1]),
  y: tensor("float32", [2, 1], [1, 2]),
});

const failure = async (work: Promise<unknown>) => {
  const error: unknown = await work.then(
    () => new Error("it did not fail"),
    (cause: unknown) => cause,
  );
  if (!isCajalError(error)) throw error;
  return error;
};

describe.each<EngineName>(["onnx", "tfjs"])("an update on %s", (engine) => {
  const open = (optimizer: Optimizer, loss = meanAbsoluteError()) =>
    openTrainStep(model, initialize(model, { seed: 1 }), { loss, optimizer, engine });

  it.each([
    ["Adam's mean of squares", adam(), "dense/kernel/velocity"],
    ["RMSprop's", rmsprop(), "dense/kernel/velocity"],
    ["Adagrad's", adagrad(), "dense/kernel/accumulator"],
    // 1e38 · 1e19
    ["a step of gradient descent", sgd({ learningRate: 1e38 }), "dense/kernel"],
  ] as const)(
    "is refused where %s is infinite, and changes nothing",
    async (_, optimizer, name) => {
      const step = await open(optimizer);
      try {
        const before = [await step.weights(), await step.state()];
        // |g| is 1e20, whose square no float32 holds.
        const error = await failure(step.run(batch(2e20)));
        expect(error.code).toBe("diverged");
        expect(error.message).toContain(`"${name}"`);
        expect([await step.weights(), await step.state()]).toEqual(before);
        // It goes on from there.
        const { loss } = await step.run(batch(1), { learningRate: 0.01 });
        expect(loss).toBeGreaterThan(0);
        expect(step.iteration).toBe(1);
      } finally {
        await step.dispose();
      }
    },
  );

  it("of several batches is checked too", async () => {
    const step = await open(adam());
    try {
      const before = await step.weights();
      const error = await failure(step.run([batch(1), batch(2e20)]));
      expect(error.code).toBe("diverged");
      expect(await step.weights()).toEqual(before);
    } finally {
      await step.dispose();
    }
  });

  it("is made where only the sum of its numbers is too large", async () => {
    // Gradients [2e38, 2e38] and 1, each finite, whose sum is not.
    const large = {
      x: tensor("float32", [1, 2], [2e38, 2e38]),
      y: tensor("float32", [1, 1], [1]),
    };
    const weights = new Map([
      ["dense/kernel", tensor("float32", [2, 1], [1e-3, 1e-3])],
      ["dense/bias", tensor("float32", [1], [0])],
    ]);
    for (const batches of [[large], [large, large], [batch(1), large]]) {
      const settings = { loss: meanAbsoluteError(), optimizer: sgd({ clipNorm: 1 }), engine };
      const step = await openTrainStep(model, weights, settings);
      try {
        await step.run(batches, { learningRate: 1 });
        const kernel = (await step.weights()).get("dense/kernel")!.data;
        expect(Math.hypot(Number(kernel[0]) - 1e-3, Number(kernel[1]) - 1e-3)).toBeCloseTo(1, 4);
      } finally {
        await step.dispose();
      }
    }
  });

  it("is refused where the last of several batches makes an average infinite", async () => {
    const net = functional("normal");
    const x = net.input([2]);
    const normal = net.layer("BatchNormalization", { name: "bn" }, x);
    const network = net.model([x], [net.layer("Dense", { units: 1, name: "dense" }, normal)]);
    const settings = { loss: meanAbsoluteError(), optimizer: sgd(), engine };
    const step = await openTrainStep(network, initialize(network, { seed: 1 }), settings);
    try {
      const before = await step.weights();
      const largeBatch = { ...batch(1), x: tensor("float32", [2, 2], [1e25, 0, -1e25, 1]) };
      const error = await failure(step.run([batch(1), largeBatch]));
      expect(error.code).toBe("diverged");
      expect(error.message).toContain('"bn/moving_variance"');
      expect(await step.weights()).toEqual(before);
    } finally {
      await step.dispose();
    }
  });

  it.each([{ clipNorm: 1 }, { globalClipNorm: 1 }])("clips large gradients: %j", async (clip) => {
    const step = await open(sgd({ learningRate: 1, ...clip }));
    try {
      const before = (await step.weights()).get("dense/kernel")!;
      await step.run(batch(4e30));
      const after = (await step.weights()).get("dense/kernel")!;
      const change = [0, 1].map((i) => Number(after.data[i]) - Number(before.data[i]));
      // The gradient [±2e30, ±0.5] of norm 2e30, scaled down to 1.
      expect(Math.abs(change[0]!)).toBeCloseTo(1, 5);
      expect(change[1]).toBeCloseTo(0, 5);
    } finally {
      await step.dispose();
    }
  });

  it.each([NaN, Infinity, -0.1, 1e39])("refuses the learning rate %d", async (learningRate) => {
    const step = await open(sgd());
    try {
      const error = await failure(step.run(batch(1), { learningRate }));
      expect(error.code).toBe("bad-argument");
      expect(error.message).toContain("learning rate");
      expect(step.iteration).toBe(0);
    } finally {
      await step.dispose();
    }
  });

  it("of a schedule that gives Infinity is refused before anything is saved", async () => {
    const saved: Checkpoint[] = [];
    const run = async () => {
      for await (const event of train(
        model,
        { x: [[0, 1]], y: [[1]] },
        {
          engine,
          epochs: 2,
          loss: meanSquaredError(),
          optimizer: sgd({ learningRate: (step) => 0.1 / Math.sqrt(step) }),
          checkpoint: { save: async (checkpoint) => void saved.push(checkpoint) },
        },
      ))
        void event;
    };
    const error = await failure(run());
    expect(error.code).toBe("bad-argument");
    expect(error.facts).toMatchObject({ step: 1, learningRate: Infinity });
    expect(saved).toEqual([]);
  });
});

describe("options that could only make numbers that are none", () => {
  it.each([
    { clipNorm: 0 },
    { globalClipNorm: -1 },
    { clipValue: NaN },
    { weightDecay: Infinity },
    { slots: { velocity: NaN } },
  ])("are refused of an optimizer of one's own: %j", async (overrides) => {
    const settings = {
      loss: meanSquaredError(),
      optimizer: { ...sgd(), ...overrides } as Optimizer,
    };
    const error = await failure(openTrainStep(model, initialize(model, { seed: 1 }), settings));
    expect(error.code).toBe("bad-argument");
    expect(error.message).toContain(Object.keys(overrides)[0]);
  });

  it.each([
    () => sgd({ clipNorm: 0 }),
    () => sgd({ globalClipNorm: 0 }),
    () => sgd({ clipValue: 0 }),
    () => adam({ beta1: 1 }),
    () => adam({ beta2: 1 }),
    () => adam({ epsilon: NaN }),
    () => adagrad({ epsilon: -1 }),
    () => sgd({ learningRate: Infinity }),
    () => sgd({ learningRate: "0.1" as never }),
  ])("are refused: %s", (make) => {
    expect(make).toThrow(expect.objectContaining({ code: "bad-argument" }));
  });
});
