// Losses where numbers are infinite, next to it, or NaN: the values and gradients of Keras, or those of
// PyTorch and of the formula where Keras' own arithmetic overflows (see the fixture).
import { tensor } from "@cajal/core";
import type { Loss } from "@cajal/runtime";
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { engines } from "../../testing/engines";
import * as losses from ".";

type Value = number | "NaN" | "Infinity" | "-Infinity";
interface Case {
  case: string;
  class_name: string;
  config: { from_logits?: boolean };
  dtype: "float32" | "int32";
  y_true: { shape: number[]; data: Value[] };
  y_pred: { shape: number[]; data: Value[] };
  per_sample: Value[];
  gradient: Value[];
}

const { cases }: { cases: Case[] } = JSON.parse(
  readFileSync(new URL("../../fixtures/extremes.json", import.meta.url), "utf8"),
);

const lossOf = ({ class_name, config }: Case): Loss => {
  const make = Object.values(losses).find(({ names }) =>
    names.some((name) => name.replaceAll("_", "") === class_name.toLowerCase()),
  )!;
  return (make as (options: object) => Loss)(
    config.from_logits === undefined ? {} : { fromLogits: config.from_logits },
  );
};

/** Relative, of float32 arithmetic; absolute next to 0. */
function near(got: ArrayLike<number | bigint>, expected: readonly Value[]): void {
  expect(got.length).toBe(expected.length);
  expected.map(Number).forEach((value, i) => {
    const actual = Number(got[i]);
    if (Number.isFinite(value))
      expect(Math.abs(actual - value), `${actual} for ${value} at ${i}`).toBeLessThanOrEqual(
        2e-6 * Math.abs(value) + 3e-7,
      );
    else expect(actual).toBe(value);
  });
}

describe.each(engines)("losses of extreme numbers on $name", (engine) => {
  it.each(cases)("$case", async (golden) => {
    const { y_true, y_pred, dtype } = golden;
    const loss = lossOf(golden);
    const inputs = {
      yTrue: tensor(dtype, y_true.shape, y_true.data.map(Number)),
      yPred: tensor("float32", y_pred.shape, y_pred.data.map(Number)),
    };
    const { each } = await engine.compute(inputs, (ops, { yTrue, yPred }) => ({
      each: loss.compute(ops, yTrue!, yPred!),
    }));
    near(each!.data, golden.per_sample);
    // Where the loss is no number, nothing goes by the gradient: the step is refused.
    if (!golden.per_sample.map(Number).every(Number.isFinite)) return;
    const gradient = await engine.gradient(
      inputs,
      (ops, { yTrue, yPred }) => ({ y: loss.compute(ops, yTrue!, yPred!) }),
      "yPred",
    );
    near(gradient.data, golden.gradient);
  });
});

it("lists every loss of the folder", () => {
  const files = readdirSync(new URL(".", import.meta.url))
    .filter((name) => /^(?!index|defineLoss|.*test).*\.ts$/.test(name))
    .map((name) => name.slice(0, -3));
  expect(Object.keys(losses).toSorted()).toEqual(files.toSorted());
});
