import { isCajalError } from "@cajal/core";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  constant,
  cosineDecay,
  cosineDecayRestarts,
  exponentialDecay,
  inverseTimeDecay,
  oneCycle,
  piecewiseConstant,
  polynomialDecay,
  type Schedule,
} from "../index";

interface Case {
  case: string;
  class_name: string;
  config: Record<string, never>;
  values: number[];
}

/** Keras' classes and arguments as ours. */
const ours: Record<string, (config: Record<string, never>) => Schedule> = {
  ExponentialDecay: (c) =>
    exponentialDecay(c.initial_learning_rate!, {
      decaySteps: c.decay_steps!,
      decayRate: c.decay_rate!,
      staircase: c.staircase!,
    }),
  InverseTimeDecay: (c) =>
    inverseTimeDecay(c.initial_learning_rate!, {
      decaySteps: c.decay_steps!,
      decayRate: c.decay_rate!,
      staircase: c.staircase!,
    }),
  CosineDecay: (c) =>
    cosineDecay(c.initial_learning_rate!, {
      decaySteps: c.decay_steps!,
      alpha: c.alpha!,
      warmupSteps: c.warmup_steps!,
      warmupTarget: c.warmup_target ?? undefined,
    }),
  CosineDecayRestarts: (c) =>
    cosineDecayRestarts(c.initial_learning_rate!, {
      firstDecaySteps: c.first_decay_steps!,
      tMul: c.t_mul!,
      mMul: c.m_mul!,
      alpha: c.alpha!,
    }),
  PiecewiseConstantDecay: (c) =>
    piecewiseConstant({ boundaries: c.boundaries!, values: c.values! }),
  PolynomialDecay: (c) =>
    polynomialDecay(c.initial_learning_rate!, {
      decaySteps: c.decay_steps!,
      endLearningRate: c.end_learning_rate!,
      power: c.power!,
      cycle: c.cycle!,
    }),
};

describe("schedules against Keras", () => {
  const { steps, cases }: { steps: number[]; cases: Case[] } = JSON.parse(
    readFileSync(new URL("../../../models/fixtures/keras/schedules.json", import.meta.url), "utf8"),
  );
  it("has all of Keras' cases", () => expect(cases.length).toBe(12));
  it.each(cases)("$case", ({ class_name, config, values }) => {
    const schedule = ours[class_name]!(config);
    steps.forEach((step, i) => {
      // The tolerance that the reference states.
      const error = Math.abs(schedule(step) - values[i]!);
      expect(error).toBeLessThanOrEqual(1e-6 * Math.abs(values[i]!) + 1e-8);
    });
  });
});

describe("schedules", () => {
  it("keeps a constant", () => expect([0, 1, 1000].map(constant(0.3))).toEqual([0.3, 0.3, 0.3]));

  it("runs one cycle as PyTorch's OneCycleLR", () => {
    // torch 2: OneCycleLR(SGD(lr=1), max_lr=0.1, total_steps=10).get_last_lr() after 0 … 9 steps.
    const torch = [
      0.004, 0.052, 0.1, 0.09504846320134738, 0.08117456539497632, 0.06112620219362892,
      0.03887419780637107, 0.0188258346050237, 0.004951936798652629, 4e-7,
    ];
    const schedule = oneCycle(0.1, { steps: 10 });
    torch.forEach((expected, step) => expect(schedule(step)).toBeCloseTo(expected, 9));
    expect(schedule(50)).toBeCloseTo(4e-7, 12);
  });

  it("refuses what makes no sense", () => {
    const refused = (make: () => unknown) => {
      try {
        make();
      } catch (error) {
        return isCajalError(error) ? error.code : error;
      }
      return "nothing";
    };
    expect(refused(() => piecewiseConstant({ boundaries: [5, 5], values: [1, 2, 3] }))).toBe(
      "bad-argument",
    );
    expect(refused(() => piecewiseConstant({ boundaries: [5], values: [1] }))).toBe("bad-argument");
    expect(refused(() => cosineDecay(0.1, { decaySteps: 10, warmupSteps: 5 }))).toBe(
      "bad-argument",
    );
    expect(refused(() => exponentialDecay(0.1, { decaySteps: 0, decayRate: 0.5 }))).toBe(
      "bad-argument",
    );
    const misspelt = { decayStep: 5, decaySteps: 5, decayRate: 0.5 };
    expect(refused(() => exponentialDecay(0.1, misspelt))).toBe("unknown-option");
  });

  const decaySteps = 10;
  it.each([
    ["oneCycle: got warmupShare 30", () => oneCycle(1, { steps: 10, warmupShare: 30 })],
    ["oneCycle: got warmupShare -1", () => oneCycle(1, { steps: 10, warmupShare: -1 })],
    ["oneCycle: got divFactor -2", () => oneCycle(1, { steps: 10, divFactor: -2 })],
    ["oneCycle: got finalDivFactor 0", () => oneCycle(1, { steps: 10, finalDivFactor: 0 })],
    ['cosineDecay: got alpha "0"', () => cosineDecay(1, { decaySteps, alpha: "0" as never })],
    ["cosineDecay: got alpha -1", () => cosineDecay(1, { decaySteps, alpha: -1 })],
    ["cosineDecay: got warmupSteps -10", () => cosineDecay(1, { decaySteps, warmupSteps: -10 })],
    [
      "cosineDecay: got warmupTarget -1",
      () => cosineDecay(1, { decaySteps, warmupSteps: 5, warmupTarget: -1 }),
    ],
    [
      "cosineDecayRestarts: got mMul -1",
      () => cosineDecayRestarts(1, { firstDecaySteps: 5, mMul: -1 }),
    ],
    [
      "cosineDecayRestarts: got tMul 0.5",
      () => cosineDecayRestarts(1, { firstDecaySteps: 5, tMul: 0.5 }),
    ],
    [
      "polynomialDecay: got endLearningRate -1",
      () => polynomialDecay(1, { decaySteps, endLearningRate: -1 }),
    ],
    // 0 ^ −1 at the end.
    ["polynomialDecay: got power -1", () => polynomialDecay(1, { decaySteps, power: -1 })],
    [
      'polynomialDecay: got "no" as cycle',
      () => polynomialDecay(1, { decaySteps, cycle: "no" as never }),
    ],
    [
      "exponentialDecay: got decayRate undefined",
      () => exponentialDecay(1, { decaySteps } as never),
    ],
    // Roots of a negative number.
    [
      "exponentialDecay: got decayRate -1",
      () => exponentialDecay(1, { decaySteps, decayRate: -1 }),
    ],
    [
      'inverseTimeDecay: got decaySteps "5"',
      () => inverseTimeDecay(1, { decaySteps: "5" as never, decayRate: 1 }),
    ],
    [
      "piecewiseConstant: got boundary NaN",
      () => piecewiseConstant({ boundaries: [NaN, 5], values: [1, 2, 3] }),
    ],
    ['constant: got learningRate "1"', () => constant("1" as never)],
  ])("%s is refused", (message, make) => {
    const error = { code: "bad-argument", message: expect.stringContaining(message) };
    expect(make).toThrow(expect.objectContaining(error));
  });
});
