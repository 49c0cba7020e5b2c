// Two training steps whose models have layers in common, with the weights of these in common as well. Beside Keras in
// courseTurns.test.ts; here to the bit beside steps that hand weights over.
import { random, tensor, type NamedBatch, type Tensor, type Weights } from "@cajal/core";
import { functional, type ModelConfig } from "@cajal/models";
import { initialize, openTrainStep, type OpenTrainStepOptions, type TrainStep } from "@cajal/runtime"; // prettier-ignore
import { afterEach, describe, expect, it } from "vitest";
import { adam, meanSquaredError } from "./index";

const numbers = random(3, "shared weights");
const drawn = (...shape: number[]): Tensor =>
  tensor("float32", shape, Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => numbers.normal())); // prettier-ignore

/** An image's features, in both models, and what is made of them: in each its own. */
function model(head: string, units: number): ModelConfig {
  const net = functional(head);
  const image = net.input([6, 6, 1], { name: "image" });
  let x = net.layer("Conv2D", { name: "conv", filters: 3, kernel_size: 3 }, image);
  x = net.layer("BatchNormalization", { name: "norm" }, x);
  x = net.layer("Flatten", { name: "flat" }, x);
  x = net.layer("Dense", { name: "features", units: 4, activation: "tanh" }, x);
  return net.model(image, net.layer("Dense", { name: head, units }, x));
}

const [one, two] = [model("one", 1), model("two", 2)];
const weightsOfOne = initialize(one, { seed: 1 });
const common = ["conv/kernel", "conv/bias", "norm/gamma", "norm/beta", "norm/moving_mean", "norm/moving_variance", "features/kernel", "features/bias"]; // prettier-ignore
const weightsOfTwo: Weights = new Map([...initialize(two, { seed: 2 }), ...common.map((key) => [key, weightsOfOne.get(key)!] as const)]); // prettier-ignore
const own: Weights = new Map([...weightsOfTwo].filter(([key]) => !common.includes(key)));

const batchOf = (units: number): NamedBatch => ({ x: drawn(5, 6, 6, 1), y: drawn(5, units) });
const batches = Array.from({ length: 6 }, () => ({ one: batchOf(1), two: batchOf(2) }));
const options = (): OpenTrainStepOptions => ({
  loss: meanSquaredError(),
  optimizer: adam({ learningRate: 0.05 }),
  verify: false,
});

const opened: TrainStep[] = [];
async function open(...[model, weights, options]: [ModelConfig, Weights, OpenTrainStepOptions]) {
  const step = await openTrainStep(model, weights, options);
  opened.push(step);
  return step;
}
afterEach(async () => {
  for (const step of opened.splice(0)) await step.dispose();
});

const values = async (step: TrainStep, keys = common) => {
  const weights = await step.weights();
  return keys.map((key) => [key, [...weights.get(key)!.data]] as const);
};

/** Copies what both have from one to the other. */
async function handOver(from: TrainStep, to: TrainStep) {
  const weights = await from.weights();
  const changed = common.map((key) => [key, weights.get(key)!] as const);
  await to.restore(new Map([...(await to.weights()), ...changed]), await to.state());
}

describe.each<[string, OpenTrainStepOptions]>([
  ["on the caller's thread", { ...options(), threads: 1 }],
  ["on a thread of their own", { ...options(), threads: 1, worker: true }],
])("steps that share weights, %s", (_, first) => {
  it("compute what steps compute that hand them over", async () => {
    const [a, b] = [await open(one, weightsOfOne, first), await open(two, weightsOfTwo, first)];
    const sharedA = await open(one, weightsOfOne, first);
    const sharedB = await open(two, own, { ...options(), shareWeightsWith: sharedA });
    for (const [i, { one, two }] of batches.entries()) {
      // Also as the sum of two batches' gradients, and several steps as one graph.
      if (i === 2) {
        expect(await sharedA.run([one, batches[0]!.one])).toEqual(await a.run([one, batches[0]!.one])); // prettier-ignore
      } else if (i === 3) {
        expect(await sharedA.runSteps([one, batches[1]!.one])).toEqual(await a.runSteps([one, batches[1]!.one])); // prettier-ignore
      } else expect(await sharedA.run(one)).toEqual(await a.run(one));
      await handOver(a, b);
      expect(await values(sharedB)).toEqual(await values(a));
      expect(await sharedB.evaluate(two)).toEqual(await b.evaluate(two));
      if (i === 4)
        expect(await sharedB.run([two, batches[0]!.two])).toEqual(await b.run([two, batches[0]!.two])); // prettier-ignore
      else expect(await sharedB.run(two)).toEqual(await b.run(two));
      await handOver(b, a);
      expect(await values(sharedA)).toEqual(await values(b));
    }
    expect(await sharedA.state()).toEqual(await a.state());
    expect(await sharedB.state()).toEqual(await b.state());
    expect([sharedA.iteration, sharedB.iteration]).toEqual([7, 6]);
  });

  it("run in the order in which they are called", async () => {
    const a = await open(one, weightsOfOne, first);
    const b = await open(two, own, { ...options(), shareWeightsWith: a });
    const inOrder = [];
    for (const { one, two } of batches) inOrder.push((await a.run(one)).loss, (await b.run(two)).loss); // prettier-ignore
    const c = await open(one, weightsOfOne, first);
    const opening = open(two, own, { ...options(), shareWeightsWith: c });
    const d = await opening;
    const runs = batches.flatMap(({ one, two }) => [c.run(one), d.run(two)]);
    expect((await Promise.all(runs)).map(({ loss }) => loss)).toEqual(inOrder);
  });

  it("begin where the other step is, and leave weights as they are when a step diverges", async () => {
    const a = await open(one, weightsOfOne, first);
    await a.run(batches[0]!.one);
    const b = await open(two, weightsOfTwo, { ...options(), shareWeightsWith: a });
    const before = await values(a);
    expect(await values(b)).toEqual(before);
    expect(before).not.toEqual(common.map((key) => [key, [...weightsOfOne.get(key)!.data]]));
    const infinite = { x: drawn(5, 6, 6, 1), y: tensor("float32", [5, 2], Array(10).fill(3e38)) };
    await expect(b.run(infinite)).rejects.toMatchObject({ code: "diverged" });
    await expect(b.run([batches[0]!.two, infinite])).rejects.toMatchObject({ code: "diverged" });
    expect(await values(a)).toEqual(before);
    // What is restored in one is so in the other.
    await b.restore(weightsOfTwo, await b.state());
    expect(await values(a)).toEqual(common.map((key) => [key, [...weightsOfOne.get(key)!.data]]));
  });

  it("run on when one of them is disposed, and a third may join", async () => {
    const a = await open(one, weightsOfOne, first);
    const b = await open(two, own, { ...options(), shareWeightsWith: a });
    await a.run(batches[0]!.one);
    const before = await values(a);
    await a.dispose();
    const c = await open(one, weightsOfOne, { ...options(), shareWeightsWith: b });
    expect(await values(c)).toEqual(before);
    await b.run(batches[0]!.two);
    await c.run(batches[0]!.one);
    expect(await values(c)).toEqual(await values(b));
    expect(await values(c)).not.toEqual(before);
  });
});

it("share weights of models whose inputs are known at the first batch only", async () => {
  const free = (name: string) => {
    const net = functional(name);
    const image = net.input([null, null, 2], { name: "image" });
    const x = net.layer("Conv2D", { name: "conv", filters: 3, kernel_size: 2, activation: "tanh" }, image); // prettier-ignore
    return net.model(image, net.layer("Dense", { name, units: 1 }, net.layer("GlobalAveragePooling2D", {}, x))); // prettier-ignore
  };
  const [left, right] = [free("left"), free("right")];
  const weights = initialize(left, { seed: 4 });
  const a = await open(left, weights, options());
  const rest = new Map([...initialize(right, { seed: 5 })].filter(([key]) => !weights.has(key)));
  const b = await open(right, rest, { ...options(), shareWeightsWith: a });
  const batch = { x: drawn(3, 5, 4, 2), y: drawn(3, 1) };
  const keys = ["conv/kernel", "conv/bias"];
  await b.run(batch);
  const afterOne = await values(b, keys);
  expect(await values(a, keys)).toEqual(afterOne);
  expect(afterOne).not.toEqual(keys.map((key) => [key, [...weights.get(key)!.data]]));
  const alone = await open(left, await a.weights(), options());
  expect((await a.run(batch)).loss).toBe((await alone.run(batch)).loss);
  expect(await values(b, keys)).toEqual(await values(alone, keys));
});

describe("what cannot share weights", () => {
  it.each<[string, () => Promise<unknown>, object]>([
    ["no weights in common", () => sharing(model("three", 3), renamed(model("three", 3))), { code: "bad-argument", message: expect.stringContaining("no weight in common") }], // prettier-ignore
    ["another shape", () => sharing(one, resized(one)), { code: "bad-shape", message: expect.stringContaining('"features/kernel" is [48,4] in that step, and [48,5]') }], // prettier-ignore
    ["another place", () => sharing(one, two, { threads: 1 }), { code: "bad-argument", message: expect.stringContaining('"threads"') }], // prettier-ignore
    ["no step", () => open(two, weightsOfTwo, { ...options(), shareWeightsWith: {} as TrainStep }), { code: "bad-argument", message: expect.stringContaining("did not return") }], // prettier-ignore
    ["a weight in another layout", () => sharing(one, flatOnly()), { code: "unsupported", message: expect.stringContaining("different layouts") }], // prettier-ignore
    ["missing weights of its own", () => sharing(one, two, {}, new Map()), { code: "bad-argument", message: expect.stringContaining('weight "two/kernel"') }], // prettier-ignore
    ["a step that is disposed", async () => { const a = await open(one, weightsOfOne, options()); await a.dispose(); return open(two, own, { ...options(), shareWeightsWith: a }); }, { code: "disposed" }], // prettier-ignore
  ])("%s", async (_, attempt, error) => {
    await expect(attempt()).rejects.toMatchObject(error);
  });

  async function sharing(
    first: ModelConfig,
    second: ModelConfig,
    more: Partial<OpenTrainStepOptions> = {},
    weights?: Weights,
  ) {
    // prettier-ignore
    const a = await open(first, initialize(first, { seed: 1 }), options());
    try {
      return await open(second, weights ?? initialize(second, { seed: 1 }), { ...options(), ...more, shareWeightsWith: a }); // prettier-ignore
    } finally {
      // The step that was open goes on.
      await a.run({ x: drawn(5, 6, 6, 1), y: drawn(5, first === one ? 1 : 3) });
    }
  }
  const textOf = (config: ModelConfig) => JSON.stringify(config);
  const renamed = (config: ModelConfig): ModelConfig =>
    JSON.parse(textOf(config).replaceAll(/"(conv|norm|features|three)"/g, '"other_$1"'));
  const resized = (config: ModelConfig): ModelConfig =>
    JSON.parse(textOf(config).replaceAll('"units":4', '"units":5'));
  /** The layer of features, of numbers that were never an image. */
  function flatOnly(): ModelConfig {
    const net = functional("flat only");
    const numbers = net.input([48], { name: "numbers" });
    return net.model(numbers, net.layer("Dense", { name: "features", units: 4 }, numbers));
  }
});
