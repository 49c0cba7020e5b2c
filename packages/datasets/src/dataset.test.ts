import { getEventListeners } from "node:events";
import { isCajalError, random, tensor, type Batch } from "@cajal/core";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dataset, type Dataset, fromSource } from "./dataset";

/** n examples whose x and y are their own numbers. */
const numbered = (n: number) =>
  dataset({
    x: tensor(
      "float32",
      [n, 1],
      Float32Array.from({ length: n }, (_, i) => i),
    ),
    y: tensor(
      "int32",
      [n],
      Int32Array.from({ length: n }, (_, i) => i % 3),
    ),
    classes: ["a", "b", "c"],
  });

const list = async <T>(from: AsyncIterable<T>) => {
  const items: T[] = [];
  for await (const item of from) items.push(item);
  return items;
};
type Numbered = Batch<"float32", "int32">;
const collect = async (batches: AsyncIterable<Numbered>) => {
  const grouped: number[][] = [];
  for await (const { x, y } of batches) {
    expect([...y.data]).toEqual(Array.from(x.data, (v) => v % 3));
    grouped.push([...x.data]);
  }
  return grouped;
};
const order = async (from: Dataset<"float32", "int32">, epoch = 0) =>
  (await collect(from.batches({ epoch }))).flat();
/** How many examples of each class. */
const counts = async (from: Dataset) => {
  const { y } = await from.all();
  const labels = Array.from(y.data, Number);
  return [0, 1, 2].map((label) => labels.filter((other) => other === label).length);
};
const code = (wanted: string) => (error: unknown) => isCajalError(error) && error.code === wanted;

// The generator written a second time, in Python, gave these: fixtures/make_orders.py.
const golden = {
  seed42epoch0: [2, 0, 9, 4, 1, 3, 6, 5, 8, 7],
  seed42epoch1: [5, 7, 2, 6, 4, 8, 3, 9, 1, 0],
  seed43epoch0: [4, 7, 0, 2, 9, 1, 5, 6, 3, 8],
  split7: [2, 6, 8, 1, 3, 5, 4, 0, 9, 7],
};

describe("batches", () => {
  it("delivers x and y in order, the last batch smaller", async () => {
    const seven = numbered(7).batch(3);
    expect(await collect(seven)).toEqual([[0, 1, 2], [3, 4, 5], [6]]);
    expect(seven).toMatchObject({ size: 7, batchSize: 3, batchCount: 3, classes: ["a", "b", "c"] });
    const [first] = await list(seven.batches());
    expect(first).toEqual({
      x: tensor("float32", [3, 1], [0, 1, 2]),
      y: tensor("int32", [3], [0, 1, 2]),
    });
  });

  it("drops the remainder on request", async () => {
    const seven = numbered(7).batch(3, { dropRemainder: true });
    expect(await collect(seven)).toEqual([
      [0, 1, 2],
      [3, 4, 5],
    ]);
    expect(seven.batchCount).toBe(2);
  });

  it("has 32 examples a batch unless said", () => expect(numbered(5).batchSize).toBe(32));

  it("keeps shapes of more axes and other types, 64 bits wide too", async () => {
    const x = tensor("uint8", [3, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    const y = tensor("int64", [3], BigInt64Array.from([10n, 2n ** 60n, 30n]));
    const [, second] = await list(dataset({ x, y }).batch(1).batches());
    expect(second).toEqual({
      x: tensor("uint8", [1, 2, 2], [5, 6, 7, 8]),
      y: tensor("int64", [1], BigInt64Array.from([2n ** 60n])),
    });
  });

  it("continues from a batch without reading those before it", async () => {
    const read: number[] = [];
    const source = fromSource({
      size: 10,
      read(indices) {
        read.push(...indices);
        return {
          x: tensor("float32", [indices.length], Float32Array.from(indices)),
          y: tensor(
            "int32",
            [indices.length],
            Int32Array.from(indices, (i) => i % 3),
          ),
        };
      },
    });
    const shuffled = source.shuffle({ seed: 3 }).batch(4);
    const whole = await collect(shuffled.batches({ epoch: 5 }));
    read.length = 0;
    const rest = await collect(shuffled.batches({ epoch: 5, start: 1 }));
    expect(rest).toEqual(whole.slice(1));
    expect(read).toEqual(whole.slice(1).flat());
  });

  it("reads nothing before a batch is asked for, and no more after the consumer stops", async () => {
    let reads = 0;
    const source = fromSource({
      size: 100,
      async read(indices) {
        reads++;
        const n = indices.length;
        return { x: tensor("float32", [n]), y: tensor("int32", [n]) };
      },
    });
    const chain = source.shuffle({ seed: 1 }).take(50).batch(10);
    expect(reads).toBe(0);
    for await (const _ of chain) if (reads === 2) break;
    expect(reads).toBe(2);
  });

  it("gives everything as one batch", async () => {
    const { x } = await numbered(5).batch(2).all();
    expect(x).toEqual(tensor("float32", [5, 1], [0, 1, 2, 3, 4]));
    const shuffled = numbered(5).shuffle({ seed: 2 });
    expect(Array.from((await shuffled.all({ epoch: 3 })).x.data)).toEqual(await order(shuffled, 3));
  });

  it("is empty for no examples", async () => {
    expect(await collect(numbered(0))).toEqual([]);
    expect((await numbered(0).all()).x.shape).toEqual([0, 1]);
  });
});

describe("shuffle", () => {
  it("has this order, on every machine", async () => {
    const ten = numbered(10).shuffle({ seed: 42 });
    expect(await order(ten, 0)).toEqual(golden.seed42epoch0);
    expect(await order(ten, 1)).toEqual(golden.seed42epoch1);
    expect(await order(numbered(10).shuffle({ seed: 43 }), 0)).toEqual(golden.seed43epoch0);
  });

  it("is the order of core's generator for this epoch", async () => {
    const shuffled = numbered(20).shuffle({ seed: 9 });
    expect(await order(shuffled, 4)).toEqual([...random(9, "shuffle", 4).permutation(20)]);
  });

  it("takes away nothing and adds nothing, in any epoch, after any chain", () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer(),
        fc.nat(1000),
        async (n, size, seed, epoch) => {
          const shuffled = numbered(n).shuffle({ seed }).batch(size);
          const batches = await collect(shuffled.batches({ epoch }));
          expect(batches.flat().sort((a, b) => a - b)).toEqual([...Array(n).keys()]);
          expect(batches.length).toBe(shuffled.batchCount);
          expect(batches.slice(0, -1).every((batch) => batch.length === size)).toBe(true);
          expect(await collect(shuffled.batches({ epoch }))).toEqual(batches);
        },
      ),
    ));
});

describe("take", () => {
  it("gives the first, or all where there are fewer", async () => {
    expect(await order(numbered(7).take(3))).toEqual([0, 1, 2]);
    expect(numbered(7).take(9).size).toBe(7);
  });

  it("after a shuffle chooses once, whatever the epoch", async () => {
    const taken = numbered(50).shuffle({ seed: 1 }).take(5);
    const all = await order(numbered(50).shuffle({ seed: 1 }));
    expect(await order(taken, 0)).toEqual(all.slice(0, 5));
    expect(await order(taken, 7)).toEqual(all.slice(0, 5));
    const again = await order(taken.shuffle({ seed: 5 }), 7);
    expect(again.sort()).toEqual(all.slice(0, 5).sort());
  });
});

describe("split", () => {
  it("deals in order without a seed, in this order with one, on every machine", async () => {
    const [a, b] = numbered(10).split(0.7);
    expect([await order(a), await order(b)]).toEqual([
      [0, 1, 2, 3, 4, 5, 6],
      [7, 8, 9],
    ]);
    const [c, d] = numbered(10).split(0.7, { seed: 7 });
    expect([await order(c), await order(d)]).toEqual([
      golden.split7.slice(0, 7),
      golden.split7.slice(7),
    ]);
  });

  it("gives parts that stay the same in every epoch, also after a shuffle", async () => {
    const parts = numbered(40).shuffle({ seed: 1 }).split([0.5, 0.25, 0.25], { seed: 2 });
    const first = await Promise.all(parts.map((part) => order(part, 0)));
    expect(first.map((part) => part.length)).toEqual([20, 10, 10]);
    expect(await Promise.all(parts.map((part) => order(part, 9)))).toEqual(first);
    expect(first.flat().sort((a, b) => a - b)).toEqual([...Array(40).keys()]);
  });

  it("stratified, keeps the mix of classes and the classes' names", async () => {
    const [train, test] = numbered(90).split(0.8, { seed: 1, stratify: true });
    expect(await counts(train)).toEqual([24, 24, 24]);
    expect(await counts(test)).toEqual([6, 6, 6]);
    expect(test.classes).toEqual(["a", "b", "c"]);
  });
});

describe("map", () => {
  it("applies after the maps before it, and knows the batch's place", async () => {
    const elements: unknown[] = [];
    const mapped = numbered(4)
      .batch(2)
      .map(({ x, y }, { epoch, index }) => {
        elements.push([epoch, index]);
        return {
          x: tensor(
            "float32",
            x.shape,
            Array.from(x.data, (v) => v + 1),
          ),
          y,
        };
      })
      .map(async ({ x, y }) => ({
        x: tensor(
          "float32",
          x.shape,
          Array.from(x.data, (v) => v * 10),
        ),
        y,
      }));
    const batches = await list(mapped.batches({ epoch: 2 }));
    expect(batches.flatMap(({ x }) => Array.from(x.data, Number))).toEqual([10, 20, 30, 40]);
    expect(elements).toEqual([
      [2, 0],
      [2, 1],
    ]);
  });

  it.each<[what: string, change: unknown, message: string]>([
    ["a number", 3, "map: got 3, expected a function"],
    ["a promise", Promise.resolve(() => {}), "map: got a promise, expected a function from a batch to a batch. Wait for it first"], // prettier-ignore
  ])("refuses %s", (_, change, message) =>
    expect(() => numbered(4).map(change as never)).toThrow(
      expect.objectContaining({ code: "bad-argument", message: expect.stringContaining(message) }),
    ),
  );

  it.each<[what: string, batch: unknown, message: string]>([
    ["nothing", undefined, "map: got undefined, expected a batch { x, y }."],
    ["text", { x: "text", y: tensor("int32", [4]) }, 'map: got "text" as x, expected a tensor'],
    ["too few numbers", { x: { ...tensor("float32", [1]), shape: [4] }, y: tensor("int32", [4]) }, "map x: got 1 elements, expected 4 for shape [4]."], // prettier-ignore
  ])("refuses a map that gives %s", async (_, batch, message) => {
    await expect(
      numbered(4)
        .map(() => batch as never)
        .all(),
    ).rejects.toThrow(message);
  });

  it.each(["float64", "int32"] as const)(
    "takes weights of %s, which a later map converts",
    async (dtype) => {
      const [x, y] = [tensor("float32", [2, 1]), tensor("int32", [2])];
      const weight = tensor(dtype, [2], [1, 3]);
      const converted = dataset({ x, y, weight } as never).map((batch) => ({
        ...batch,
        weight: tensor("float32", [2], [...batch.weight!.data].map(Number)),
      }));
      expect((await converted.all()).weight).toEqual(tensor("float32", [2], [1, 3]));
    },
  );

  it("refuses a map that changes the number of examples", async () => {
    const cut = numbered(4).map(({ x, y }) => ({
      x: tensor("float32", [1, 1], x.data.slice(0, 1)),
      y: tensor("int32", [1], y.data.slice(0, 1)),
    }));
    await expect(cut.all()).rejects.toSatisfy(code("bad-shape"));
  });
});

describe("abort", () => {
  it("rejects at once with the signal's reason, while a read never ends, and leaves no listener", async () => {
    const source = fromSource({ size: 4, read: () => new Promise<Numbered>(() => {}) });
    const controller = new AbortController();
    const next = source.batches({ signal: controller.signal }).next();
    const reason = new Error("enough");
    setTimeout(() => controller.abort(reason), 5);
    await expect(next).rejects.toBe(reason);
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
  });

  it("stops between batches, and before the first", async () => {
    const controller = new AbortController();
    const pass = numbered(10).batch(2).batches({ signal: controller.signal });
    await pass.next();
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
    controller.abort();
    await expect(pass.next()).rejects.toMatchObject({ name: "AbortError" });
    expect(await pass.next()).toEqual({ done: true, value: undefined });
    await expect(numbered(2).all({ signal: controller.signal })).rejects.toMatchObject({
      name: "AbortError",
    });
  });

  it("passes the signal to the source", async () => {
    let got: AbortSignal | undefined;
    const { signal } = new AbortController();
    const source = fromSource({
      size: 1,
      read(_, options) {
        got = options.signal;
        return { x: tensor("float32", [1]), y: tensor("int32", [1]) };
      },
    });
    await source.all({ signal });
    expect(got).toBe(signal);
  });
});

describe("errors", () => {
  const x = tensor("float32", [2, 1]);
  const y = tensor("int32", [3]);
  // 1 and 0 as bits.
  const halves = dataset({ x, y: tensor("float16", [2], Uint16Array.of(0x3c00, 0)) });
  it.each([
    [
      "x without a shape",
      () => dataset({ x: { ...x, shape: undefined }, y } as never),
      "bad-shape",
    ],
    ["halves as classes", () => halves.split(0.5, { stratify: true }), "bad-argument"],
    ["a share as text", () => numbered(3).split("0.5" as never), "bad-argument"],
    ["no share", () => numbered(3).split(undefined as never), "bad-argument"],
    ["an option for the shares", () => numbered(3).split({ seed: 1 } as never), "bad-argument"],
    ["a share of text", () => numbered(3).split([0.5, "0.5"] as never), "bad-argument"],
    ["labels that are none", () => fromSource({ ...source, labels: [1, undefined] as never }), "bad-argument"], // prettier-ignore
    ["x and y differ", () => dataset({ x, y }), "bad-shape"],
    ["a scalar", () => dataset({ x: tensor("float32", []), y: tensor("int32", []) }), "bad-shape"],
    ["unknown option", () => numbered(3).shuffle({ sead: 1 } as never), "unknown-option"],
    ["no seed", () => numbered(3).shuffle({} as never), "bad-argument"],
    ["a broken seed", () => numbered(3).shuffle({ seed: 0.5 }), "bad-argument"],
    ["batch 0", () => numbered(3).batch(0), "bad-argument"],
    ["take −1", () => numbered(3).take(-1), "bad-argument"],
    ["a fraction of 1", () => numbered(3).split(1), "bad-argument"],
    ["fractions of sum 0.9", () => numbered(9).split([0.5, 0.4]), "bad-argument"],
    ["an empty part", () => numbered(3).split(0.01), "bad-argument"],
    ["labels of another length", () => fromSource({ ...source, labels: [1] }), "bad-shape"],
    [
      "stratify without labels",
      () => fromSource(source).split(0.5, { stratify: true }),
      "bad-argument",
    ],
  ])("%s", (_, act, wanted) => expect(act).toThrow(expect.objectContaining({ code: wanted })));

  it.each([{ epoch: -1 }, { epoch: 0.5 }, { start: -1 }])("batches(%o)", async (options) => {
    await expect(numbered(3).batches(options).next()).rejects.toSatisfy(code("bad-argument"));
  });

  it("a source that gives too few", async () => {
    await expect(fromSource(source).all()).rejects.toSatisfy(code("bad-shape"));
  });

  it("a source that gives nothing", async () => {
    const nothing = fromSource({ size: 2, read: () => undefined as never });
    await expect(nothing.all()).rejects.toThrow("read: got undefined, expected a batch { x, y }.");
  });

  const source = {
    size: 2,
    read: () => ({ x: tensor("float32", [1]), y: tensor("int32", [1]) }),
  };
});

describe("of numbers in nested arrays", () => {
  const x = [[0, 0], [0, 1], [1, 0], [1, 1]]; // prettier-ignore

  it("has float32 examples, int32 classes that are known beforehand, and float32 weights", async () => {
    const data = dataset({ x, y: [0, 1, 1, 0], weight: [1, 2, 2, 1], classes: ["same", "other"] });
    expect(await data.all()).toEqual({
      x: tensor("float32", [4, 2], x.flat()),
      y: tensor("int32", [4], [0, 1, 1, 0]),
      weight: tensor("float32", [4], [1, 2, 2, 1]),
    });
    const [first] = data.split(0.5, { seed: 1, stratify: true });
    expect([...(await first.all()).y.data].sort()).toEqual([0, 1]);
    expect((await dataset({ x, y: [0.5, 1, 2, 3] }).all()).y.dtype).toBe("float32");
  });

  it("is by names where there are several", async () => {
    const data = dataset({ x: { place: x, image: tensor("uint8", [4, 1]) }, y: [0, 1, 1, 0] });
    const { x: inputs } = await data.take(1).all();
    expect(inputs).toEqual({ place: tensor("float32", [1, 2]), image: tensor("uint8", [1, 1]) });
  });

  it.each([
    [{ x: [[1, 2], [3]], y: [0, 1] }, "dataset x[1]: got a list of 1, expected a list of 2"],
    [{ x: { a: [["1"]] }, y: [0] }, 'dataset x "a"[0][0]: got "1", expected a number'],
    [{ x, y: [0, 1] }, "dataset: got x [4,2] and y [2]"],
    [{ x: Promise.resolve(x), y: [0, 1, 1, 0] }, "dataset"],
  ])("refuses %j", (from, message) => {
    expect(() => dataset(from as never)).toThrow(
      expect.objectContaining({
        code: expect.stringMatching(/^bad-/),
        message: expect.stringContaining(message),
      }),
    );
  });
});
