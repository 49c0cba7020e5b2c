import { isCajalError } from "@cajal/core";
import { describe, expect, it } from "vitest";
import { earlyStopping, reduceOnPlateau } from "./plateau";

const losses = [
  1.0, 0.9, 0.8995, 0.91, 0.92, 0.9, 0.5, 0.6, 0.6, 0.6, 0.6, 0.4999, 0.6, 0.7, 0.4, 0.45, 0.45,
  0.45, 0.45, 0.45,
];

// The numbers are those of Keras 3.15.1: its ReduceLROnPlateau and EarlyStopping, fed these losses.
describe("reduceOnPlateau", () => {
  const cases = [
    {
      options: { factor: 0.5, patience: 2, minDelta: 0.001 },
      rates: [
        0.1, 0.1, 0.1, 0.05, 0.05, 0.025, 0.025, 0.025, 0.0125, 0.0125, 0.00625, 0.00625, 0.003125,
        0.003125, 0.003125, 0.003125, 0.0015625, 0.0015625, 0.00078125, 0.00078125,
      ],
    },
    {
      options: { factor: 0.1, patience: 2, cooldown: 2, minDelta: 1e-4, minLearningRate: 0.005 },
      rates: [
        0.1, 0.1, 0.1, 0.1, 0.01, 0.01, 0.01, 0.01, 0.005, 0.005, 0.005, 0.005, 0.005, 0.005, 0.005,
        0.005, 0.005, 0.005, 0.005, 0.005,
      ],
    },
  ];

  it.each(cases)("lowers the rate as Keras: $options", ({ options, rates }) => {
    const plateau = reduceOnPlateau(0.1, options);
    losses.forEach((loss, i) => {
      plateau.observe(loss);
      expect(plateau.learningRate(0)).toBeCloseTo(rates[i]!, 10);
    });
  });

  it.each(cases)("goes on from a state: $options", ({ options, rates }) => {
    const first = reduceOnPlateau(0.1, options);
    for (const loss of losses.slice(0, 9)) first.observe(loss);
    const second = reduceOnPlateau(0.1, options);
    second.restore(JSON.parse(JSON.stringify(first.state())));
    for (const loss of losses.slice(9)) second.observe(loss);
    expect(second.learningRate(0)).toBeCloseTo(rates.at(-1)!, 10);
  });
});

describe("earlyStopping", () => {
  it.each([
    [{ patience: 0 }, 3],
    [{ patience: 3, minDelta: 0.001 }, 4],
    [{ patience: 2, mode: "max" }, 2],
  ] as const)("stops when Keras does: %o", (options, expected) => {
    const stopping = earlyStopping(options);
    expect(losses.findIndex((loss) => stopping.observe(loss))).toBe(expected);
  });

  it("says which is the best", () => {
    const stopping = earlyStopping({ patience: 5 });
    expect(stopping.best).toBe(undefined);
    const improved = [3, 2, 2.5, 1, 4].map((loss) => {
      stopping.observe(loss);
      return stopping.improved;
    });
    expect(improved).toEqual([true, true, false, true, false]);
    expect(stopping.best).toBe(1);
  });
});

it("refuses what makes no sense", () => {
  const code = (make: () => unknown) => {
    try {
      make();
    } catch (error) {
      return isCajalError(error) ? error.code : error;
    }
    return "nothing";
  };
  expect(code(() => earlyStopping({ patience: -1 }))).toBe("bad-argument");
  expect(code(() => earlyStopping({ mode: "auto" as "min" }))).toBe("unknown-name");
  // What is undefined counts as left out.
  expect(earlyStopping({ patience: undefined as never }).observe(1)).toBe(false);
  const numbers = ["minDelta", "cooldown", "minLearningRate", "factor", "patience"];
  for (const name of numbers)
    for (const value of [NaN, -1, "x", null, 5n, Symbol("s")])
      expect(
        code(() => reduceOnPlateau(0.1, { [name]: value })),
        name,
      ).toBe("bad-argument");
  for (const rate of [NaN, -1, "x", null])
    expect(code(() => reduceOnPlateau(rate as number))).toBe("bad-argument");
  const plateau = reduceOnPlateau(0.1, { patience: 1, minLearningRate: 1 });
  for (const state of [null, {}, { rate: NaN, waited: 0, cooling: 0 }])
    expect(code(() => plateau.restore(state as never))).toBe("bad-argument");
  // A least rate above the first one raises nothing.
  for (let i = 0; i < 4; i++) plateau.observe(1);
  expect(plateau.state().rate).toBe(0.1);
  expect(code(() => reduceOnPlateau(0.1, { factor: 1 }))).toBe("bad-argument");
  const misspelt = { factor: 0.5, min_lr: 0 };
  expect(code(() => reduceOnPlateau(0.1, misspelt))).toBe("unknown-option");
});

it.each([undefined, null, "0.5", 1n, [1]])("refuses to observe %o", (value) => {
  for (const [name, { observe }] of Object.entries({
    earlyStopping: earlyStopping(),
    reduceOnPlateau: reduceOnPlateau(0.1),
  }))
    expect(() => observe(value as never)).toThrow(
      expect.objectContaining({
        code: "bad-argument",
        message: expect.stringContaining(`${name}: observe got`),
      }),
    );
});

describe("numbers that are none", () => {
  it("are never the best, not even the first", () => {
    const stopping = earlyStopping({ patience: 2 });
    expect(stopping.observe(NaN)).toBe(false);
    expect([stopping.best, stopping.improved]).toEqual([undefined, false]);
    expect(stopping.observe(1)).toBe(false);
    expect([stopping.best, stopping.improved]).toEqual([1, true]);
    expect([stopping.observe(NaN), stopping.observe(NaN)]).toEqual([false, true]);
    expect(stopping.best).toBe(1);
    const plateau = reduceOnPlateau(1, { patience: 1, factor: 0.5 });
    for (const value of [NaN, 3, 2, 1]) plateau.observe(value);
    expect(plateau.learningRate(0)).toBe(0.5);
    expect(plateau.state().best).toBe(1);
  });
});
