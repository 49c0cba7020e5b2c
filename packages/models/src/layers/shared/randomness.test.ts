import { tensor } from "@cajal/core";
import { GraphBuilder, type Value } from "@cajal/onnx";
import { describe, expect, it } from "vitest";
import { runOnnx } from "../../../testing/runOnnx";
import { dropoutMask, normal, uniform } from "./randomness";

const count = 200_000;

async function draw(
  make: (g: GraphBuilder, shape: Value, seed: Value) => Value,
  seed: number,
): Promise<Float32Array> {
  const g = new GraphBuilder();
  g.output(make(g, g.int64s([count]), g.input("seed", "int64", [])), "y");
  const { y } = await runOnnx(g.build(), { seed: tensor("int64", [], [seed]) });
  return y!.data as Float32Array;
}

const mean = (values: ArrayLike<number>, transform: (x: number, i: number) => number = (x) => x) =>
  Array.from(values).reduce((sum, x, i) => sum + transform(x, i), 0) / values.length;

describe("uniform", () => {
  it("fills [0, 1) evenly, whatever the seed", async () => {
    for (const seed of [0, 1, 48271, 2 ** 40]) {
      const values = await draw(uniform, seed);
      const bins = new Float64Array(64);
      for (const x of values) bins[Math.floor(x * 64)]!++;
      // Chi squared with 63 degrees of freedom: mean 63, deviation 11.2; five of them.
      const expected = count / 64;
      const chi = bins.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
      expect(chi).toBeLessThan(63 + 5 * 11.3);
      expect(Math.min(...values.slice(0, 1000))).toBeGreaterThanOrEqual(0);
    }
  });

  it("has no memory: neighbours, and seeds next to each other, do not correlate", async () => {
    const [a, b] = [await draw(uniform, 7), await draw(uniform, 8)];
    const centered = (x: number) => (x - 0.5) * Math.sqrt(12);
    const limit = 5 / Math.sqrt(count);
    for (const lag of [1, 2, 3, 10, 128])
      expect(Math.abs(mean(a.slice(lag), (x, i) => centered(x) * centered(a[i]!)))).toBeLessThan(
        limit,
      );
    expect(Math.abs(mean(a, (x, i) => centered(x) * centered(b[i]!)))).toBeLessThan(limit);
    // Seeds between which the first round is the same but for a shift by one.
    const c = await draw(uniform, 7 + 1284865837);
    expect(Math.abs(mean(c, (x, i) => centered(x) * centered(a[i + 1] ?? 0.5)))).toBeLessThan(
      limit,
    );
  });

  it("is the same for the same seed", async () => {
    expect(await draw(uniform, 3)).toEqual(await draw(uniform, 3));
    expect(await draw(uniform, 3)).not.toEqual(await draw(uniform, 4));
  });
});

it("normal numbers have mean 0, deviation 1, and the tails of a normal", async () => {
  const values = await draw(normal, 11);
  const error = 5 / Math.sqrt(count);
  expect(Math.abs(mean(values))).toBeLessThan(error);
  expect(Math.abs(mean(values, (x) => x * x) - 1)).toBeLessThan(error * Math.SQRT2);
  expect(Math.abs(mean(values, (x) => x ** 4) - 3)).toBeLessThan(error * Math.sqrt(96));
  expect(Math.abs(mean(values, (x) => Number(Math.abs(x) > 1.959964)) - 0.05)).toBeLessThan(
    error * Math.sqrt(0.05 * 0.95),
  );
});

it("keep drops the share asked for, and scales the rest so that the mean stays", async () => {
  const values = await draw((g, shape, seed) => dropoutMask(g, shape, { rate: 0.3, seed }), 5);
  const dropRate = mean(values, (x) => Number(x === 0));
  expect(Math.abs(dropRate - 0.3)).toBeLessThan(5 * Math.sqrt((0.3 * 0.7) / count));
  expect(new Set(values)).toEqual(new Set([0, Math.fround(1 / 0.7)]));
});
