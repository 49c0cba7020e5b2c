import { isCajalError, tensor, type Tensor } from "@cajal/core";
import type { Optimizer } from "@cajal/runtime";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { updateParameters } from "../../../runtime/src/step/update";
import { engines, type TestedEngine } from "../../testing/engines";
import {
  adadelta,
  adagrad,
  adam,
  adamax,
  adamw,
  exponentialDecay,
  ftrl,
  lamb,
  lion,
  muon,
  nadam,
  rmsprop,
  sgd,
  type OptimizerOptions,
  type Schedule,
} from "../index";

interface Case {
  case: string;
  class_name: string;
  config: Record<string, never>;
  /** Of the parameter; default a line. */
  shape?: number[];
  parameters: number[][];
  slots_at_the_end: Record<string, { data: number[] } | number[]>;
}

/** Keras' classes as ours; both spell the arguments alike but for the case of letters. */
const ours: Record<string, (options: OptimizerOptions) => Optimizer> = {
  SGD: sgd,
  RMSprop: rmsprop,
  Adam: adam,
  AdamW: adamw,
  Adagrad: adagrad,
  Adadelta: adadelta,
  Adamax: adamax,
  Nadam: nadam,
  Ftrl: ftrl,
  Lamb: lamb,
  Lion: lion,
  Muon: muon,
};

const camelCased = (name: string) =>
  name
    .replace("clip", "clip_")
    .replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

function fromKeras({ class_name, config }: Case): Optimizer {
  const options = Object.fromEntries(
    Object.entries(config)
      .filter(([name]) => name !== "use_ema")
      .map(([name, value]) => [camelCased(name), value]),
  );
  return ours[class_name]!({ ...options, learningRate: rateOf(config.learning_rate!) });
}

function rateOf(rate: number | { config: Record<string, never> }): number | Schedule {
  if (typeof rate === "number") return rate;
  const { initial_learning_rate, decay_steps, decay_rate } = rate.config;
  return exponentialDecay(initial_learning_rate!, {
    decaySteps: decay_steps!,
    decayRate: decay_rate!,
  });
}

type State = { p: Tensor; slots: Record<string, Tensor> };

const vector = (values: readonly number[]) => tensor("float32", [values.length], values);
const scalar = (value: number) => tensor("float32", [], [value]);

function begin(
  optimizer: Optimizer,
  start: readonly number[],
  shape: readonly number[] = [start.length],
): State {
  const shaped = (values: readonly number[]) => tensor("float32", shape, values);
  const slots = Object.entries(optimizer.slots).map(([name, value]) => [
    name,
    shaped(start.map(() => value)),
  ]);
  return { p: shaped(start), slots: Object.fromEntries(slots) };
}

/** One update of a parameter vector, on an engine. */
async function step(
  engine: TestedEngine,
  optimizer: Optimizer,
  { p, slots }: State,
  gradient: readonly number[],
  iteration: number,
): Promise<State> {
  const results = await engine.compute(
    {
      p,
      gradient: tensor("float32", p.shape, gradient),
      learningRate: scalar(optimizer.learningRate(iteration)),
      iteration: scalar(iteration + 1),
      ...slots,
    },
    (ops, { p, gradient, learningRate, iteration, ...own }) => {
      const [updated] = updateParameters(
        ops,
        optimizer,
        [{ key: "p", value: p!, gradient: gradient!, slots: own, multiplier: 1 }],
        { learningRate: learningRate!, iteration: iteration! },
      );
      return { ...updated!.slots, p: updated!.value };
    },
  );
  const { p: next, ...nextSlots } = results;
  return { p: next!, slots: nextSlots };
}

describe("optimizers against Keras", () => {
  const read = (path: string) => JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8"));
  const reference = read("../../../models/fixtures/keras/optimizers.json");
  const { start, gradients }: { start: number[]; gradients: number[][] } = reference;
  const more: Case[] = read("../../fixtures/optimizers.json");
  const cases: Case[] = [...reference.cases, ...more];
  it("has all of Keras' cases", () => expect(cases.length).toBe(19 + 18));
  // The tolerance that the reference states: 2e-6 of the larger of 1 and the value.
  const near = (got: Tensor, expected: readonly number[]) =>
    expected.forEach((value, i) =>
      expect(Math.abs(Number(got.data[i]) - value)).toBeLessThanOrEqual(
        2e-6 * Math.max(1, Math.abs(value)),
      ),
    );
  describe.each(engines)("$name", (engine) => {
    it.each(cases)("$case", async (golden) => {
      const optimizer = fromKeras(golden);
      let state = begin(optimizer, start, golden.shape);
      for (const [t, gradient] of gradients.entries()) {
        state = await step(engine, optimizer, state, gradient, t);
        near(state.p, golden.parameters[t]!);
      }
      const slots = Object.entries(golden.slots_at_the_end);
      // Keras keeps no velocity of what Muon makes orthogonal.
      const kept = Object.keys(optimizer.slots).filter((slot) => optimizer.name !== "muon" || Number(state.slots[slot]!.data[0]) !== 0); // prettier-ignore
      expect(slots.map(([name]) => name.slice(2)).sort()).toEqual(kept.sort());
      for (const [name, values] of slots)
        near(state.slots[name.slice(2)]!, Array.isArray(values) ? values : values.data);
    });
  });
});

// As optax tests its aliases: every optimizer finds the minima of the same two functions.
const functions = {
  /** A bowl: (x − 1)² + 10 (y + 2)². */
  parabola: {
    start: [-1, 1],
    minimum: [1, -2],
    gradient: ([x, y]: readonly number[]) => [2 * (x! - 1), 20 * (y! + 2)],
  },
  /** A curved valley (Rosenbrock 1960): (1 − x)² + 100 (y − x²)². */
  rosenbrock: {
    start: [-0.5, 0.8],
    minimum: [1, 1],
    gradient: ([x, y]: readonly number[]) => [
      -2 * (1 - x!) - 400 * x! * (y! - x! * x!),
      200 * (y! - x! * x!),
    ],
  },
};

const decayed = (rate: number) => exponentialDecay(rate, { decaySteps: 1000, decayRate: 0.5 });

/** Without lamb, which does not get past 0: a weight's step is as long as the weight. */
const optimizers = {
  sgd: () => sgd({ learningRate: 1e-3 }),
  momentum: () => sgd({ learningRate: 1e-3, momentum: 0.9 }),
  nesterov: () => sgd({ learningRate: 1e-3, momentum: 0.9, nesterov: true }),
  rmsprop: () => rmsprop({ learningRate: decayed(5e-3) }),
  "rmsprop with momentum": () => rmsprop({ learningRate: decayed(1e-3), momentum: 0.9 }),
  "centered rmsprop": () => rmsprop({ learningRate: decayed(5e-3), centered: true }),
  adam: () => adam({ learningRate: 0.02 }),
  amsgrad: () => adam({ learningRate: 0.02, amsgrad: true }),
  adamw: () => adamw({ learningRate: 0.02, weightDecay: 1e-5 }),
  adagrad: () => adagrad({ learningRate: 0.3 }),
  adadelta: () => adadelta({ learningRate: decayed(1), rho: 0.9, epsilon: 1e-4 }),
  adamax: () => adamax({ learningRate: 0.02 }),
  nadam: () => nadam({ learningRate: 0.01 }),
  ftrl: () => ftrl({ learningRate: 0.3 }),
  lion: () => lion({ learningRate: decayed(0.005) }),
  muon: () => muon({ learningRate: 0.02, weightDecay: 1e-5 }),
  "sgd, clipped by norm": () => sgd({ learningRate: 1e-3, momentum: 0.9, clipNorm: 5 }),
  "sgd, clipped by value": () => sgd({ learningRate: 1e-3, momentum: 0.9, clipValue: 5 }),
  "sgd, clipped globally": () => sgd({ learningRate: 1e-3, momentum: 0.9, globalClipNorm: 5 }),
};

describe.each(Object.entries(functions))("minimum of the %s", (_, { start, minimum, gradient }) => {
  it.each(Object.entries(optimizers))("%s", async (_, make) => {
    const [tfjs] = engines;
    const optimizer = make();
    let state = begin(optimizer, start);
    for (let t = 0; t < 12_000; t++) {
      const position = [...state.p.data].map(Number);
      if (distance(position, minimum) < 0.01) return;
      state = await step(tfjs!, optimizer, state, gradient(position), t);
    }
    expect(distance([...state.p.data].map(Number), minimum)).toBeLessThan(0.01);
  });
});

const distance = (a: readonly number[], b: readonly number[]) =>
  Math.hypot(...a.map((value, i) => value - b[i]!));

describe.each(engines)("what optimizers share, on $name", (engine) => {
  it("clips all gradients together to one norm", async () => {
    // Norm of (3, 4) and (12) together is 13: scaled to 1, they are (3, 4) / 13 and 12 / 13.
    const results = await engine.compute(
      { a: vector([3, 4]), b: vector([12]), rate: scalar(1), t: scalar(1) },
      (ops, { a, b, rate, t }) => {
        const parameterOf = (key: string, gradient: typeof a) => ({
          key,
          value: ops.mul(gradient!, 0),
          gradient: gradient!,
          slots: {},
          multiplier: 1,
        });
        const [first, second] = updateParameters(
          ops,
          sgd({ learningRate: 1, globalClipNorm: 1 }),
          [parameterOf("a", a), parameterOf("b", b)],
          { learningRate: rate!, iteration: t! },
        );
        return { a: first!.value, b: second!.value };
      },
    );
    const got = [...results.a!.data, ...results.b!.data].map(Number);
    [-3 / 13, -4 / 13, -12 / 13].forEach((value, i) => expect(got[i]).toBeCloseTo(value, 6));
  });

  it("multiplies learning rates, and decays what is not excluded", async () => {
    const optimizer = sgd({
      learningRate: 0.5,
      weightDecay: 0.1,
      excludeFromWeightDecay: (key) => key.endsWith("/bias"),
    });
    const results = await engine.compute(
      { p: vector([2]), gradient: vector([1]), rate: scalar(0.5), t: scalar(1) },
      (ops, { p, gradient, rate, t }) => {
        const parameterOf = (key: string, multiplier: number) => ({
          key,
          value: p!,
          gradient: gradient!,
          slots: {},
          multiplier,
        });
        const updated = updateParameters(
          ops,
          optimizer,
          [
            parameterOf("dense/kernel", 1),
            parameterOf("dense/bias", 1),
            parameterOf("slow/kernel", 0.1),
          ],
          { learningRate: rate!, iteration: t! },
        );
        return Object.fromEntries(updated.map(({ key, value }) => [key, value]));
      },
    );
    // 2 − 0.5·0.1·2 − 0.5·1; without decay; both terms times 0.1.
    expect(results["dense/kernel"]!.data[0]).toBeCloseTo(1.4, 6);
    expect(results["dense/bias"]!.data[0]).toBeCloseTo(1.5, 6);
    expect(results["slow/kernel"]!.data[0]).toBeCloseTo(1.94, 6);
  });
});

it.each(engines)("ftrl leaves weights where the learning rate is 0, on $name", async (engine) => {
  const optimizer = ftrl({ learningRate: 0 });
  const state = await step(engine, optimizer, begin(optimizer, [2, -3]), [1, -1], 0);
  expect([...state.p.data]).toEqual([2, -3]);
  expect([...state.slots.linear!.data]).toEqual([0, 0]);
});

// As Keras asks: "embedding" in variable.path.lower(), re.search(keyword, variable.path).
it.each(engines)("muon leaves weights to Adam by their names, on $name", async (engine) => {
  const optimizer = muon({ learningRate: 0.1, excludeLayers: ["^Head"] });
  const keys = ["hidden/kernel", "Patch_Embedding/kernel", "Head/kernel", "head/kernel"];
  const matrix = (values: readonly number[]) => tensor("float32", [2, 2], values);
  const results = await engine.compute(
    { p: matrix([1, 2, 3, 4]), gradient: matrix([1, -1, 0.5, 2]), zero: matrix([0, 0, 0, 0]), rate: scalar(0.1), t: scalar(1) },
    (ops, { p, gradient, zero, rate, t }) => {
      const slots = { momentum: zero!, velocity: zero! };
      const parameters = keys.map((key) => ({ key, value: p!, gradient: gradient!, slots, multiplier: 1 }));
      const updated = updateParameters(ops, optimizer, parameters, { learningRate: rate!, iteration: t! });
      return Object.fromEntries(updated.map(({ key, slots }) => [key, slots.velocity!]));
    },
  ); // prettier-ignore
  const byAdam = keys.filter((key) => results[key]!.data.some((each) => Number(each) !== 0));
  expect(byAdam).toEqual(["Patch_Embedding/kernel", "Head/kernel"]);
});

it("refuses options that make no sense", () => {
  const refused = (make: () => unknown) => {
    try {
      make();
    } catch (error) {
      return isCajalError(error) ? error.code : error;
    }
    return "nothing";
  };
  expect(refused(() => sgd({ momentum: 2 }))).toBe("bad-argument");
  expect(refused(() => adam({ clipNorm: 1, clipValue: 1 }))).toBe("bad-argument");
  expect(refused(() => adam({ learningRate: Number.NaN }))).toBe("bad-argument");
  const misspelt = { beta_1: 0.9, beta2: 0.9 };
  expect(refused(() => adam(misspelt))).toBe("unknown-option");
});

it.each([
  [adam, { amsgrad: "no" }, 'adam: got "no" as amsgrad, expected true or false'],
  [adam, { beta1: "0.9" }, 'adam: got beta1 "0.9", expected a number, 0 … 1'],
  [adam, { beta2: 1 }, "adam: got beta2 1, expected a number of at least 0 and less than 1"],
  [adamw, { epsilon: "0" }, 'adamw: got epsilon "0", expected a number of at least 0'],
  [adam, { learningRate: "0.1" }, 'adam: got learningRate "0.1", expected a number'],
  [adam, { clipNorm: "1" }, 'adam: got clipNorm "1", expected a number above 0'],
  [rmsprop, { centered: "no" }, 'rmsprop: got "no" as centered'],
  [rmsprop, { momentum: null }, "rmsprop: got momentum null"],
  [sgd, { nesterov: 1 }, "sgd: got 1 as nesterov"],
  [sgd, { momentum: "0.9" }, 'sgd: got momentum "0.9", expected a number, 0 … 1'],
  [sgd, { weightDecay: "0.1" }, 'sgd: got weightDecay "0.1"'],
  [
    sgd,
    { excludeFromWeightDecay: ["h/bias"] },
    "sgd: got an array of 1 as excludeFromWeightDecay, expected a function",
  ],
  [
    ftrl,
    { learningRatePower: 0.5 },
    "ftrl: got learningRatePower 0.5, expected a number of at most 0",
  ],
  [muon, { rmsRate: 0 }, "muon: got rmsRate 0, expected a number above 0, or null"],
  [muon, { nsSteps: 0 }, "muon: got nsSteps 0"],
  [muon, { excludeLayers: ["("] }, 'muon: got "(" among excludeLayers'],
  [muon, { excludeLayers: [undefined] }, "muon: got undefined among excludeLayers"],
  [adagrad, { initialAccumulatorValue: -1 }, "adagrad: got initialAccumulatorValue -1"],
] as const)("refuses options of another kind: %o %o", (make, options, message) => {
  const error = { code: "bad-argument", message: expect.stringContaining(message) };
  expect(() => make(options as never)).toThrow(expect.objectContaining(error));
});

it("takes options that are undefined for left out", () => {
  expect(adamw({ weightDecay: undefined }).weightDecay).toBe(adamw().weightDecay);
  expect(adamw().weightDecay).toBe(0.004);
  expect(adam({ weightDecay: undefined }).weightDecay).toBe(undefined);
  expect(adamw({ weightDecay: 0 }).weightDecay).toBe(0);
});

it("says in its config whether weights are excluded from weight decay", () => {
  const excludeFromWeightDecay = (key: string) => key.endsWith("/bias");
  expect(JSON.stringify(sgd({ excludeFromWeightDecay }).config)).not.toBe(
    JSON.stringify(sgd().config),
  );
});

describe.each(engines)("an update that lacks what it shall give, on $name", (engine) => {
  it.each([
    [undefined, /"own": update gave undefined, expected \{ parameter, slots: \{ m \} \}/],
    [{}, /an empty object/],
    [{ parameter: 1 }, /an object with parameter/],
    [{ parameter: 1, slots: null }, /an object with parameter, slots/],
    [{ parameter: 1, slots: {} }, /and as slots an empty object/],
  ])("%o", async (result, message) => {
    const own = { ...sgd({ momentum: 0.9 }), name: "own", slots: { m: 0 }, update: () => result };
    await expect(
      step(engine, own as never, { p: vector([1]), slots: { m: vector([0]) } }, [1], 0),
    ).rejects.toMatchObject({ code: "bad-argument", message: expect.stringMatching(message) });
  });

  it.each([
    [
      "parameter",
      (rate: unknown, p: unknown) => ({ parameter: rate, slots: { m: p } }),
      /a parameter of "p" \[\], expected \[3\]/,
    ],
    [
      "slot",
      (rate: unknown, p: unknown) => ({ parameter: p, slots: { m: rate } }),
      /slot "m" of "p" \[\], expected \[3\]/,
    ],
    [
      "number",
      (_: unknown, p: unknown) => ({ parameter: p, slots: { m: 1 } }),
      /slot "m" of "p" 1, expected \[3\]/,
    ],
  ])("a %s of another shape", async (_, give, message) => {
    const update: Optimizer["update"] = (__, { parameter, rate }) => give(rate, parameter) as never;
    const own = { ...sgd({ momentum: 0.9 }), name: "own", slots: { m: 0 }, update };
    const three = vector([1, 2, 3]);
    await expect(
      step(engine, own as never, { p: three, slots: { m: three } }, [1, 1, 1], 0),
    ).rejects.toMatchObject({ code: "bad-argument", message: expect.stringMatching(message) });
  });
});
