// What a training step says of options and batches of another kind: what was got, and what to do.
import { tensor, type Tensor } from "@cajal/core";
import { functional } from "@cajal/models";
import { describe, expect, it } from "vitest";
import { initialize } from "../initializers/initialize";
import { openTrainStep } from "../openTrainStep";
import type { Loss, OpenTrainStepOptions, Ops, Optimizer } from "../index";

const net = functional("m");
const x = net.input([2]);
const model = net.model([x], [net.layer("Dense", { units: 1, name: "l" }, x)]);
const loss: Loss = { name: "loss", compute: (ops, y, p) => ops.reduceSum(ops.sub(p, y)) };
const optimizer: Optimizer = {
  name: "still",
  learningRate: () => 0.1,
  slots: {},
  update: (_, { parameter }) => ({ parameter, slots: {} }),
};
const open = (options: object = {}) =>
  openTrainStep(model, initialize(model, { seed: 1 }), {
    loss,
    optimizer,
    verify: false,
    ...options,
  } as OpenTrainStepOptions);

it.each([
  [{ learningRateMultipliers: { l: "1" } }, 'layer "l": got learning-rate multiplier "1"'],
  [{ lossWeights: { l: "1" } }, 'lossWeights: got "1" for output "l"'],
  [{ lossWeights: [1] }, "lossWeights: got an array of 1"],
  [{ loss: () => loss }, "loss: got the function loss"],
  [{ loss: { l: {} } }, "loss: got an empty object"],
  [{ metrics: { l: loss } }, "metrics: got an object with name, compute"],
  [
    { metrics: [{ name: "own", totals: () => [] }] },
    "metrics: got an object with name, totals in the list",
  ],
  [{ metrics: [loss, undefined] }, "metrics: got undefined in the list"],
  [{ threads: "2" }, '"threads": got "2"'],
  [{ optimizer: { ...optimizer, clipNorm: "1" } }, 'optimizer.clipNorm "1"'],
  [
    { optimizer: { ...optimizer, weightDecay: 0.1, excludeFromWeightDecay: ["l/bias"] } },
    "got an array of 1 as optimizer.excludeFromWeightDecay, expected a function",
  ],
])("of %o", async (options, message) =>
  expect(open(options)).rejects.toMatchObject({ message: expect.stringContaining(message) }),
);

const given = "expected a value that ops computes";
it.each([
  [
    { loss: { name: "own", compute: () => undefined } },
    `loss "own": compute gave undefined, ${given}`,
  ],
  [{ metrics: [{ name: "own", compute: () => 1 }] }, `metric "own": compute gave 1, ${given}`],
  [{ metrics: [{ name: "own", compute: async () => {} }] }, 'metric "own": compute gave a promise'],
  [
    {
      metrics: [
        {
          name: "own",
          totals: (ops: Ops<never>, _: never, p: never) => ops.reduceSum(p),
          result: () => 1,
        },
      ],
    },
    'metric "own": totals gave',
  ],
  [
    {
      metrics: [
        {
          name: "own",
          totals: (ops: Ops<never>, _: never, p: never) => [ops.reduceSum(p)],
          result: () => "1",
        },
      ],
    },
    'metric "own": result gave "1", expected a number',
  ],
  [
    { optimizer: { ...optimizer, rate: () => undefined } },
    `optimizer "still": rate gave undefined, ${given}`,
  ],
])("of formulas of one's own, %o", async (options, message) => {
  for (const engine of ["onnx", "tfjs"]) {
    const work = async () => {
      await using step = await open({ engine, ...options });
      const batch = { x: tensor("float32", [2, 2]), y: tensor("float32", [2, 1]) };
      const { totals } = await step.run(batch);
      step.result(totals);
    };
    await expect(work()).rejects.toMatchObject({
      code: "bad-argument",
      message: expect.stringContaining(message),
    });
  }
});

describe.each(["onnx", "tfjs"] as const)("labels of whole numbers on %s", (engine) => {
  const batch = { x: tensor("float32", [2, 2]), y: tensor("int32", [2, 1], [1, 3]) };
  const plain: Loss = { name: "plain", compute: (ops, y, p) => ops.abs(ops.sub(p, y)) };
  const taken: Loss = { name: "taken", compute: (ops, y, p) => ops.sub(p, ops.cast(y, "float32")) };

  it("are told with the formula that takes them for others", async () => {
    for (const options of [{ loss: plain }, { loss: taken, metrics: [plain] }]) {
      const work = async () => {
        await using step = await open({ engine, ...options });
        await step.run(batch);
      };
      const what = "metrics" in options ? "metric" : "loss";
      await expect(work()).rejects.toMatchObject({ code: "bad-argument", message: expect.stringMatching(new RegExp(`^${what} "plain": compute: .*expected equal types\\..*begin with ops\\.cast\\(yTrue, "float32"\\)`)) }); // prettier-ignore
    }
  });

  // ONNX Runtime divides and averages whole numbers to whole ones, TF.js to others.
  it.each<[string, Loss["compute"]]>([
    ["greater: got int32 and 0.5, expected a whole number", (ops, y) => ops.greater(y, 0.5)],
    ["mul: got int32 and 0.1, expected a whole number", (ops, y) => ops.mul(0.1, y)],
    ["clip: got int32 and 0.5, expected a whole number", (ops, y) => ops.clip(y, 0.5, 2)],
    ["where: got int32 and NaN", (ops, y) => ops.where(ops.equal(y, 0), NaN, y)],
    ["div: got int32, expected float32", (ops, y) => ops.div(y, 2)],
    ["reduceMean: got int32, expected float32", (ops, y) => ops.reduceMean(y)],
  ])("are not taken for others by metrics of one's own: %s", async (message, compute) => {
    const work = async () => {
      await using step = await open({ engine, loss: taken, metrics: [{ name: "own", compute }] });
      await step.run(batch);
    };
    await expect(work()).rejects.toMatchObject({
      code: "bad-argument",
      message: expect.stringMatching(new RegExp(`^metric "own": compute: ${message}.*begin with ops\\.cast\\(yTrue, "float32"\\)`)), // prettier-ignore
    });
  });

  it("are counted and compared by metrics of one's own", async () => {
    const metrics = [
      { name: "sum", totals: (ops: Ops<never>, y: never) => [ops.reduceSum(y)], result: ([sum]: [number]) => sum }, // prettier-ignore
      { name: "one", compute: (ops: Ops<never>, y: never) => ops.equal(y, 1) },
    ];
    await using step = await open({ engine, loss: taken, metrics });
    expect((await step.run(batch)).metrics).toEqual({ sum: 4, one: 0.5 });
  });
});

it("of a learning rate, and of batches", async () => {
  await using step = await open();
  const batch = (x: unknown, more: object = {}) => ({
    x: x as Tensor,
    y: tensor("float32", [1, 1]),
    ...more,
  });
  const x = tensor("float32", [1, 2]);
  const learningRate = "0.1" as never;
  for (const [work, message] of [
    [step.run(batch(x), { learningRate }), 'the learning rate is "0.1", expected a number'],
    [step.run("batch" as never), 'batch: got "batch", expected { x, y }'],
    [step.run(batch("x")), 'batch x: got "x", expected a tensor'],
    [step.run(batch([[1, 2]])), "batch x: got an array of 1, expected a tensor"],
    [step.run(batch(new Float32Array(2))), "batch x: got a Float32Array of 2, expected a tensor"],
    [step.run(batch(x, { weight: "1" })), 'batch weight: got "1"'],
    [step.run(batch(tensor("uint8", [1, 2]))), "got uint8, expected float32. Map the dataset, e.g. with rescale(1 / 255)."], // prettier-ignore
    // Not scaled: what is in it are no bytes.
    [step.run(batch(tensor("float64", [1, 2]))), 'got float64, expected float32. Convert it: tensor("float32", x.shape, x.data).'], // prettier-ignore
    [step.run(batch(tensor("float16", [1, 2]))), "got float16, expected float32. Convert it first."], // prettier-ignore
  ] as const)
    await expect(work).rejects.toMatchObject({ message: expect.stringContaining(message) });
});
