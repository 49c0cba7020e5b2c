// zip, interleave and reused memory: by hand.
import { tensor } from "@cajal/core";
import { describe, expect, it } from "vitest";
import { dataset, fromSource } from "../dataset";
import { oneHot } from "../transforms/oneHot";
import { rescale } from "../transforms/rescale";
import { interleave } from "./interleave";
import { zip } from "./zip";

const numbered = (first: number, n: number) =>
  dataset({
    x: tensor("float32", [n, 1], Float32Array.from({ length: n }, (_, i) => first + i)), // prettier-ignore
    y: tensor("int32", [n], Int32Array.from({ length: n }, (_, i) => i % 2)), // prettier-ignore
    classes: ["even", "odd"],
  });

const weighted = (n: number) =>
  dataset({
    x: tensor("float32", [n, 1], Float32Array.from({ length: n }, (_, i) => i)), // prettier-ignore
    y: tensor("int32", [n]),
    weight: tensor("float32", [n], Float32Array.from({ length: n }, (_, i) => i / 2)), // prettier-ignore
  });

describe("zip", () => {
  it("keeps the weights of the parts that have some", async () => {
    const { weight } = await zip({ left: weighted(3), right: numbered(0, 3) }).all();
    expect(weight).toEqual({ left: tensor("float32", [3], [0, 0.5, 1]) });
    expect(await zip({ left: numbered(0, 3) }).all()).not.toHaveProperty("weight");
  });

  it("puts examples side by side, as many as the shortest has", async () => {
    const both = zip({ left: numbered(0, 5), right: numbered(10, 3).map(rescale(2)) });
    expect([both.size, both.batchCount]).toEqual([3, 1]);
    const { x, y } = await both.all();
    expect([[...x.left.data], [...x.right.data]]).toEqual([[0, 1, 2], [20, 22, 24]]); // prettier-ignore
    expect([...y.right.data]).toEqual([0, 1, 0]);
    const chosen = both.skip(1).map(({ x, y }) => ({ x: x.right, y: y.left }));
    expect([...(await chosen.all()).x.data]).toEqual([22, 24]);
  });

  it("keeps each part's order of an epoch, and shuffles pairs", async () => {
    const part = numbered(0, 20).shuffle({ seed: 1 });
    const pairs = zip({ a: part, b: part.map(rescale(2)) }).shuffle({ seed: 2 });
    for (const epoch of [0, 1]) {
      const { a, b } = (await pairs.all({ epoch })).x;
      expect([...b.data]).toEqual([...a.data].map((value) => 2 * Number(value)));
    }
    const first = (await zip({ a: part }).all({ epoch: 1 })).x.a;
    expect(first).toEqual((await part.all({ epoch: 1 })).x);
  });

  it.each([
    ["nothing", () => zip({})],
    ["what is no dataset", () => zip({ a: [1] as never })],
    ["null", () => zip(null as never)],
  ])("refuses %s", (_, refused) => {
    expect(refused).toThrow(expect.objectContaining({ code: "bad-argument" }));
  });
});

describe("interleave", () => {
  it("takes turns until all are used up", async () => {
    const parts = [numbered(0, 2), numbered(10, 5), numbered(20, 1)];
    expect([...(await interleave(parts).all()).x.data]).toEqual([0, 10, 20, 1, 11, 12, 13, 14]);
    const blocks = interleave(parts, { block: 2 });
    expect([...(await blocks.all()).x.data]).toEqual([0, 1, 10, 11, 20, 12, 13, 14]);
    expect(blocks.classes).toEqual(["even", "odd"]);
    const [train, test] = blocks.split(0.5, { seed: 1, stratify: true });
    expect([train.size, test.size]).toEqual([4, 4]);
    const batches = [];
    for await (const { x } of blocks.batch(3)) batches.push([...x.data]);
    expect(batches).toEqual([[0, 1, 10], [11, 20, 12], [13, 14]]); // prettier-ignore
  });

  it("is empty of empty parts", async () => {
    const { x, y } = await interleave([numbered(0, 3).take(0), numbered(0, 2).take(0)]).all();
    expect([x.shape, y.shape]).toEqual([[0, 1], [0]]);
  });

  it("refuses parts whose classes are others, or in another order", () => {
    const named = (classes: string[]) =>
      dataset({ x: tensor("float32", [2, 1]), y: tensor("int32", [2], [0, 1]), classes });
    expect(() => interleave([named(["cat", "dog"]), named(["dog", "cat"])])).toThrow("part 1 has the classes dog, cat, and part 0 cat, dog"); // prettier-ignore
    expect(interleave([named(["cat", "dog"]), weighted(2)]).classes).toBeUndefined();
  });

  it.each([
    ["other names", { b: tensor("float32", [1, 1]) }, "x of part 1 is b, of another a"],
    ["more names", { a: tensor("float32", [1, 1]), b: tensor("float32", [1, 1]) }, "x of part 1 is a, b, of another a"], // prettier-ignore
    ["one tensor", tensor("float32", [1, 1]), "x of part 1 is one tensor, of another a"],
  ])("refuses records beside %s", async (_, x, message) => {
    const part = (x: object) => dataset({ x, y: tensor("int32", [1]) } as never);
    const both = interleave([part({ a: tensor("float32", [1, 1]) }), part(x)]);
    await expect(both.all()).rejects.toThrow(message);
  });

  it("refuses parts of other shapes, and what is no dataset", async () => {
    const wide = dataset({ x: tensor("float32", [1, 2]), y: tensor("int32", [1]) });
    await expect(interleave([numbered(0, 2), wide]).all()).rejects.toThrow(/part 1 is float32 \[2\]/); // prettier-ignore
    for (const parts of [[], [7], null])
      expect(() => interleave(parts as never)).toThrow(expect.objectContaining({ code: "bad-argument" })); // prettier-ignore
  });
});

describe("a choice among the examples of shuffled parts", () => {
  const left = numbered(0, 10).shuffle({ seed: 1 });
  const right = numbered(10, 10).shuffle({ seed: 2 });
  const valuesOf = async (data: typeof left, epoch: number) =>
    [...(await data.all({ epoch })).x.data].sort((a, b) => a - b);

  it("is the same in every epoch", async () => {
    const both = interleave([left, right]);
    const [training, validation] = interleave([both, numbered(20, 5)]).split(0.6, { seed: 3 });
    const first = [await valuesOf(training, 0), await valuesOf(validation, 0)];
    expect(first.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 25 }, (_, i) => i));
    const again = interleave([training.shuffle({ seed: 4 })]);
    for (const epoch of [1, 2])
      expect([await valuesOf(again, epoch), await valuesOf(validation, epoch)]).toEqual(first);
    const odd = both.filter(({ label }) => label === 1);
    expect([...(await odd.all({ epoch: 2 })).y.data]).toEqual(Array.from({ length: 10 }, () => 1));
    const pairs = zip({ left, right }).skip(3).take(4);
    expect((await pairs.all({ epoch: 2 })).x).toEqual((await pairs.all()).x);
  });

  it("leaves what changes by chance to change", async () => {
    const epochs: number[] = [];
    const part = left.map((batch, { epoch }) => (epochs.push(epoch), batch));
    await interleave([part]).take(4).all({ epoch: 2 });
    expect(epochs).toEqual([2]);
  });
});

describe.each([
  ["zip", (part: ReturnType<typeof numbered>) => zip({ part })],
  ["interleave", (part: ReturnType<typeof numbered>) => interleave([part])],
] as const)("%s", (_, combine) => {
  it("tells the parts' maps the number of the batch, also of those that are resumed", async () => {
    const indices: number[] = [];
    const part = numbered(0, 6).map((batch, { index }) => {
      indices.push(index);
      return batch;
    });
    for await (const _ of combine(part).batch(2).batches({ start: 1 })) continue;
    expect(indices).toEqual([1, 2]);
  });
});

describe("batches in the same memory", () => {
  it("have the values of others, and the same arrays", async () => {
    const data = numbered(0, 10).map(rescale(0.5)).map(oneHot(2)).batch(4);
    const wanted = [];
    for await (const { x, y } of data) wanted.push([[...x.data], [...y.data]]);
    const memory = new Set();
    let i = 0;
    for await (const { x, y } of data.batches({ reuse: true })) {
      expect([[...x.data], [...y.data]]).toEqual(wanted[i++]);
      memory.add(x.data.buffer).add(y.data.buffer);
    }
    // The last batch is smaller, and lies in a part of it.
    expect([i, memory.size]).toEqual([3, 2]);
  });

  it("is never that of two tensors of a batch, nor of what it was not allocated for", async () => {
    const constant = tensor("float32", [2], [1, 2]);
    const data = numbered(0, 6)
      .batch(2)
      .map(({ x }, { tensor: allocate }) => {
        const on = allocate("float32", [2, 1]);
        on.data.set(x.data);
        return { x: on, y: on, weight: constant };
      })
      .map(({ x, weight }, { tensor: allocate }) => {
        const double = allocate("float32", [2, 1]);
        x.data.forEach((value, i) => (double.data[i] = 2 * value));
        return { x, y: double, ...(weight && { weight }) };
      });
    const passed: number[][] = [];
    for await (const { x, y, weight } of data.batches({ reuse: true }))
      passed.push([...x.data, ...y.data, ...weight!.data]);
    expect(passed).toEqual([
      [0, 1, 0, 2, 1, 2],
      [2, 3, 4, 6, 1, 2],
      [4, 5, 8, 10, 1, 2],
    ]);
  });

  it("is taken of tensors that nobody needs, which are given up where they do not fit", async () => {
    const spare = [tensor("float32", [8]), tensor("int32", [4]), tensor("float32", [3])];
    const [, y, x] = spare.map(({ data }) => data.buffer);
    const batches = numbered(0, 6).batch(3).batches({ reuse: spare });
    const first = (await batches.next()).value!;
    expect([first.x.data.buffer === x, first.y.data.buffer === y, spare]).toEqual([true, true, []]);
    expect([[...first.x.data], [...first.y.data]]).toEqual([[0, 1, 2], [0, 1, 0]]); // prettier-ignore
    const second = (await batches.next()).value!;
    expect(second.x.data.buffer === x).toBe(false);
  });
});

describe("shuffle", () => {
  it("orders what does not fit in memory: an example is read when its batch is", async () => {
    // 400 GB, of which one batch is read.
    const size = 400_000;
    const read: number[] = [];
    const data = fromSource({
      size,
      read(indices) {
        read.push(...indices);
        return { x: tensor("uint8", [indices.length, 1]), y: tensor("int32", [indices.length]) };
      },
    });
    for await (const _ of data.shuffle({ seed: 1 }).batch(64)) break;
    expect([read.length, new Set(read).size]).toEqual([64, 64]);
    // From everywhere, not from a window.
    expect(Math.max(...read)).toBeGreaterThan(0.9 * size);
    expect(Math.min(...read)).toBeLessThan(0.1 * size);
  });
});
