// skip, filter, repeat, classWeights: by hand.
import { tensor } from "@cajal/core";
import { describe, expect, it } from "vitest";
import { dataset, fromSource } from "./dataset";

const data = dataset({
  x: tensor("float32", [6, 1], [0, 1, 2, 3, 4, 5]),
  y: tensor("int32", [6], [0, 1, 0, 0, 0, 1]),
});
const xs = async (from: typeof data, epoch = 0) => [...(await from.all({ epoch })).x.data];

describe("skip", () => {
  it("leaves the rest, of a shuffle the rest of epoch 0", async () => {
    expect(await xs(data.skip(4))).toEqual([4, 5]);
    const shuffled = data.shuffle({ seed: 1 });
    const parts = [...(await xs(shuffled.take(2))), ...(await xs(shuffled.skip(2)))];
    expect(parts).toEqual(await xs(shuffled));
    expect(data.skip(9).size).toBe(0);
  });
});

describe("filter", () => {
  it("tells examples by number and class", async () => {
    expect(await xs(data.filter(({ label }) => label === 1))).toEqual([1, 5]);
    expect(await xs(data.shuffle({ seed: 3 }).filter(({ index }) => index < 2))).toHaveLength(2);
    expect(await xs(data.repeat(2).filter(({ index }) => index === 5))).toEqual([5, 5]);
  });

  it("reads nothing, and does without classes", () => {
    const unread = fromSource({ size: 3, read: () => expect.unreachable() });
    expect(unread.filter(({ index, label }) => label === undefined && index > 0).size).toBe(2);
  });

  it.each<[what: string, keep: unknown, message: string]>([
    ["a promise", async () => false, "filter: keep answered a promise, and is not awaited, expected true or false."], // prettier-ignore
    ["a number", () => 1, "filter: keep answered 1, expected true or false."],
  ])("refuses %s as answer", (_, keep, message) => {
    expect(() => data.filter(keep as never)).toThrow(message);
  });

  it("refuses to leave nothing, and what is no function", () => {
    for (const keep of [() => false, "label" as never])
      expect(() => data.filter(keep)).toThrow(expect.objectContaining({ code: "bad-argument" }));
  });
});

describe("repeat", () => {
  it("is the passes of so many epochs as one", async () => {
    const shuffled = data.shuffle({ seed: 7 });
    const wanted = [await xs(shuffled, 2), await xs(shuffled, 3)].flat();
    expect(await xs(shuffled.repeat(2), 1)).toEqual(wanted);
    expect(await xs(data.repeat(2).repeat(2))).toEqual([0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5]); // prettier-ignore
  });

  it("gives chance another number each time", async () => {
    const numbers: number[] = [];
    const told = data.repeat(3).map((batch, { examples }) => {
      numbers.push(...examples);
      return batch;
    });
    await told.all();
    expect(numbers).toEqual(Array.from({ length: 18 }, (_, i) => i));
  });

  it("refuses to be split afterwards, and too many", () => {
    expect(() => data.repeat(2).split(0.5)).toThrow(/Split first/);
    expect(() => data.repeat(2 ** 31)).toThrow(expect.objectContaining({ code: "bad-argument" }));
    expect(() => data.repeat(0)).toThrow(expect.objectContaining({ code: "bad-argument" }));
  });
});

describe("classWeights", () => {
  it("is scikit-learn's balanced", () => {
    // 6 / (2 · 4) and 6 / (2 · 2).
    expect(data.classWeights()).toEqual({ 0: 0.75, 1: 1.5 });
    expect(data.repeat(2).classWeights()).toEqual({ 0: 0.75, 1: 1.5 });
  });

  it("refuses where classes are not known", () => {
    const unknown = fromSource({ size: 3, read: () => expect.unreachable() });
    expect(() => unknown.classWeights()).toThrow(expect.objectContaining({ code: "bad-argument" }));
  });
});
