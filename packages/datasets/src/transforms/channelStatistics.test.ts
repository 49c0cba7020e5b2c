// By hand, and far from 0.
import { tensor, type Tensor } from "@cajal/core";
import { expect, it } from "vitest";
import { channelStatistics } from "./channelStatistics";

async function* batches(...x: Tensor[]) {
  for (const each of x) yield { x: each, y: tensor("int32", [each.shape[0]!]) };
}

it("keeps its digits far from 0, of any batches", async () => {
  // Of 0, 1, 2, 3 the variance is 5/4.
  const far = [0, 1, 2, 3].map((value) => 1e9 + value);
  for (const parts of [[far], [far.slice(0, 1), far.slice(1)], far.map((value) => [value])]) {
    const x = parts.map((part) => tensor("float64", [part.length, 1], part));
    const { mean, std } = await channelStatistics(batches(...x));
    expect([mean[0], std[0]]).toEqual([1e9 + 1.5, expect.closeTo(Math.sqrt(1.25), 12)]);
  }
});

it("is of one channel for x [n], of as many as the last axis has for others", async () => {
  const plain = await channelStatistics(batches(tensor("float32", [3], [1, 2, 6])));
  expect(plain).toEqual({ mean: [3], std: [Math.sqrt(14 / 3)], classCounts: [3] });
  const pairs = await channelStatistics(batches(tensor("int64", [2, 2], [1, 5, 3, 5])));
  expect([pairs.mean, pairs.std]).toEqual([[2, 5], [1, 0]]); // prettier-ignore
});

it.each<[what: string, y: Tensor, counts: number[]]>([
  ["classes", tensor("int32", [3], [0, 2, 2]), [1, 0, 2]],
  ["classes in 64 bits", tensor("int64", [3], [1, 1, 0]), [1, 2]],
  ["a negative number", tensor("int32", [3], [0, -1, 1]), []],
  ["fractions", tensor("float32", [3], [0, 0.5, 1]), []],
  ["identifiers", tensor("int32", [3], [0, 30_000_000, 1]), []],
  ["shares", tensor("float32", [3, 1], [0, 1, 1]), []],
])("counts %s", async (_, y, counts) => {
  const data = (async function* () {
    yield { x: tensor("float32", [3, 1]), y };
  })();
  expect((await channelStatistics(data)).classCounts).toEqual(counts);
});

it.each([
  ["bad-argument", "channel 1", [tensor("float32", [2, 2], [1, 2, 3, NaN])]],
  ["bad-argument", "channel 0", [tensor("float32", [2, 1], [1, Infinity])]],
  ["bad-shape", "[1,2] after batches of 3 channels", [tensor("float32", [1, 3]), tensor("float32", [1, 2])]], // prettier-ignore
  ["bad-argument", "no examples", []],
])("refuses with %s: %s", async (code, message, x) => {
  await expect(channelStatistics(batches(...x))).rejects.toThrow(
    expect.objectContaining({ code, message: expect.stringContaining(message) as string }),
  );
});
