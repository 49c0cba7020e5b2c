import { describe, expect, it } from "vitest";
import reference from "../fixtures/random.json" with { type: "json" };
import { hash, random } from "./random";

const many = <T>(n: number, draw: (i: number) => T) => Array.from({ length: n }, (_, i) => draw(i));

/** How far χ² of these counts is from its mean, in standard deviations (normal for many cells). */
function chiSquared(counts: readonly number[]): number {
  const expected = counts.reduce((a, b) => a + b, 0) / counts.length;
  const chi = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  const freedom = counts.length - 1;
  return (chi - freedom) / Math.sqrt(2 * freedom);
}
function count(cells: number, n: number, cell: () => number): number[] {
  const counts = many(cells, () => 0);
  for (let i = 0; i < n; i++) counts[cell()]!++;
  return counts;
}
/** Correlation of two samples, in standard deviations of what independent ones give. */
function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (values: readonly number[]) => values.reduce((x, y) => x + y, 0) / values.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  a.forEach((value, i) => {
    const [x, y] = [value - meanA, b[i]! - meanB];
    ab += x * y;
    aa += x * x;
    bb += y * y;
  });
  return (ab / Math.sqrt(aa * bb)) * Math.sqrt(a.length);
}
// Seeds are fixed, so these never fail by chance; a sound generator is beyond 4 once in 16,000.
const sigmas = 4;

describe("the numbers, for ever", () => {
  // fixtures/counter_random.py: the generator written a second time, in Python.
  it.each(reference)("seed $seed, path $path", (wanted) => {
    const fresh = () => random(wanted.seed, ...wanted.path);
    const of = <T>(values: readonly T[], draw: () => T) => many(values.length, draw);
    expect(of(wanted.uint32, fresh().uint32)).toEqual(wanted.uint32);
    expect(of(wanted.float, fresh().float)).toEqual(wanted.float);
    const [ten, threeBillion, { normal }] = [fresh(), fresh(), fresh()];
    expect(of(wanted.integer_of_10, () => ten.integer(10))).toEqual(wanted.integer_of_10);
    expect(of(wanted.integer_of_3e9, () => threeBillion.integer(3e9))).toEqual(
      wanted.integer_of_3e9,
    );
    // Python's logarithm, sine and cosine may differ in the last bits.
    for (const value of wanted.normal) expect(normal()).toBeCloseTo(value, 12);
    expect([...fresh().permutation(12)]).toEqual(wanted.permutation);
  });

  it("begin with these for seed 0", () =>
    expect(many(3, random(0).uint32)).toEqual([940096175, 415955987, 3539309806]));
});

describe("addresses", () => {
  it("equal ones give equal numbers, whatever was drawn elsewhere", () => {
    const [a, b] = [random(5, "dropout", 3), random(5, "dropout", 3)];
    random(5, "dropout", 2).uint32();
    a.normal();
    b.normal();
    expect(many(10, a.uint32)).toEqual(many(10, b.uint32));
  });

  it("different ones give different numbers: types, order, grouping, high bits of the seed", () => {
    const firsts = [
      random(1),
      random(-1),
      random(1 + 2 ** 32),
      random(1 - 2 ** 45),
      random(1, "a"),
      random(1, "a", "b"),
      random(1, "b", "a"),
      random(1, "ab"),
      random(1, 1),
      random(1, "1"),
      random(1, ""),
      random(1, "", ""),
    ].map(({ uint32 }) => many(2, uint32).join());
    expect(new Set(firsts).size).toBe(firsts.length);
  });

  it("neighbouring ones are independent", () => {
    const n = 20_000;
    const first = (seed: number, ...path: (string | number)[]) => random(seed, ...path).float();
    const bySeed = many(n, (i) => first(i));
    const byEpoch = many(n, (i) => first(1, "shuffle", i));
    const byName = many(n, (i) => first(i, "other"));
    expect(Math.abs(correlation(bySeed.slice(1), bySeed.slice(0, -1)))).toBeLessThan(sigmas);
    expect(Math.abs(correlation(byEpoch.slice(1), byEpoch.slice(0, -1)))).toBeLessThan(sigmas);
    expect(Math.abs(correlation(bySeed, byName))).toBeLessThan(sigmas);
    for (const sample of [bySeed, byEpoch, byName]) {
      const at = sample.values();
      const counts = count(100, n, () => Math.floor(at.next().value! * 100));
      expect(Math.abs(chiSquared(counts))).toBeLessThan(sigmas);
    }
  });
});

describe("uniform numbers", () => {
  const n = 1_000_000;

  it("every byte of uint32 is even, every bit half set", () => {
    const { uint32 } = random(11);
    const bytes = many(4, () => many(256, () => 0));
    const bits = many(32, () => 0);
    for (let i = 0; i < n; i++) {
      const value = uint32();
      for (let k = 0; k < 4; k++) bytes[k]![(value >>> (8 * k)) & 255]!++;
      for (let k = 0; k < 32; k++) bits[k]! += (value >>> k) & 1;
    }
    for (const counts of bytes) expect(Math.abs(chiSquared(counts))).toBeLessThan(sigmas);
    for (const set of bits) expect(Math.abs(set - n / 2) / Math.sqrt(n / 4)).toBeLessThan(sigmas);
  });

  it("float: mean 1/2, variance 1/12, in [0, 1), exact in float32", () => {
    const { float } = random(12);
    const sample = many(n, float);
    const mean = sample.reduce((a, b) => a + b, 0) / n;
    const variance = sample.reduce((sum, x) => sum + (x - 0.5) ** 2, 0) / n;
    expect(Math.abs(mean - 1 / 2) / Math.sqrt(1 / 12 / n)).toBeLessThan(sigmas);
    // The fourth central moment is 1/80, so (x − ½)² has variance 1/80 − 1/144 = 1/180.
    expect(Math.abs(variance - 1 / 12) / Math.sqrt(1 / 180 / n)).toBeLessThan(sigmas);
    expect(sample.every((x) => x >= 0 && x < 1 && Math.fround(x) === x)).toBe(true);
    const at = sample.values();
    const cells = count(1000, n, () => Math.floor(at.next().value! * 1000));
    expect(Math.abs(chiSquared(cells))).toBeLessThan(sigmas);
  });

  it("pairs and triples fill square and cube", () => {
    const { float } = random(13);
    const digit = (base: number) => Math.floor(float() * base);
    const pairs = count(32 * 32, n / 2, () => digit(32) * 32 + digit(32));
    expect(Math.abs(chiSquared(pairs))).toBeLessThan(sigmas);
    const triples = count(1000, n / 3, () => digit(10) * 100 + digit(10) * 10 + digit(10));
    expect(Math.abs(chiSquared(triples))).toBeLessThan(sigmas);
  });

  it("at a distance, too: no correlation with the 1, 2, 3, 16 and 1024 numbers later", () => {
    const { float } = random(14);
    const sample = many(200_000, float);
    for (const lag of [1, 2, 3, 16, 1024])
      expect(Math.abs(correlation(sample.slice(lag), sample.slice(0, -lag)))).toBeLessThan(sigmas);
  });

  it("integer is even, also where modulo would not be: bound 3·2³⁰ favours the lowest third", () => {
    const { integer } = random(15);
    expect(Math.abs(chiSquared(count(7, 100_000, () => integer(7))))).toBeLessThan(sigmas);
    const thirds = count(3, 100_000, () => Math.floor(integer(3 * 2 ** 30) / 2 ** 30));
    expect(Math.abs(chiSquared(thirds))).toBeLessThan(sigmas);
    expect(many(50, () => integer(1))).toEqual(many(50, () => 0));
    expect(Math.max(...many(1000, () => integer(2 ** 32)))).toBeGreaterThan(2 ** 31);
  });
});

describe("normal numbers", () => {
  it("have the moments 0, 1, 0, 3 and the shares of the normal table", () => {
    const n = 1_000_000;
    const { normal } = random(16);
    const sample = many(n, normal);
    const moment = (k: number) => sample.reduce((sum, x) => sum + x ** k, 0) / n;
    // Standard errors of the raw moments: sqrt((E x^2k − (E x^k)²) / n), by hand.
    expect(Math.abs(moment(1)) / Math.sqrt(1 / n)).toBeLessThan(sigmas);
    expect(Math.abs(moment(2) - 1) / Math.sqrt(2 / n)).toBeLessThan(sigmas);
    expect(Math.abs(moment(3)) / Math.sqrt(15 / n)).toBeLessThan(sigmas);
    expect(Math.abs(moment(4) - 3) / Math.sqrt(96 / n)).toBeLessThan(sigmas);
    for (const [z, share] of [
      [1, 0.682689492],
      [2, 0.954499736],
      [3, 0.997300204],
    ] as const) {
      const inside = sample.filter((x) => Math.abs(x) < z).length;
      const error = Math.sqrt(n * share * (1 - share));
      expect(Math.abs(inside - n * share) / error).toBeLessThan(sigmas);
    }
    expect(sample.every(Number.isFinite)).toBe(true);
  });

  it("are independent of one another, the two of a pair too", () => {
    const { normal } = random(17);
    const sample = many(200_000, normal);
    const first = sample.filter((_, i) => i % 2 === 0);
    const second = sample.filter((_, i) => i % 2 === 1);
    expect(Math.abs(correlation(first, second))).toBeLessThan(sigmas);
    const squared = (values: number[]) => values.map((x) => x * x);
    expect(Math.abs(correlation(squared(first), squared(second)))).toBeLessThan(sigmas);
  });
});

describe("permutations", () => {
  it("are permutations", () => {
    for (const n of [0, 1, 2, 100])
      expect([...random(18, n).permutation(n)].sort((a, b) => a - b)).toEqual([...Array(n).keys()]);
  });

  it("of four are each of the 24 equally often", () => {
    const counts = new Map<string, number>();
    for (let i = 0; i < 48_000; i++) {
      const key = random(19, i).permutation(4).join("");
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    expect(Math.abs(chiSquared([...counts.values()]))).toBeLessThan(sigmas);
  });
});

it("hash changes half the bits of its result for each bit of value and key", () => {
  const bitsOf = (word: number) => {
    let set = 0;
    for (let rest = word; rest !== 0; rest &= rest - 1) set++;
    return set;
  };
  const { uint32 } = random(20);
  for (let bit = 0; bit < 32; bit++)
    for (const change of ["value", "key"] as const) {
      let flipped = 0;
      const n = 2000;
      for (let i = 0; i < n; i++) {
        const [value, key] = [uint32(), uint32()];
        const other =
          change === "value" ? hash(value ^ (1 << bit), key) : hash(value, key ^ (1 << bit));
        flipped += bitsOf(hash(value, key) ^ other);
      }
      expect([change, bit, Math.abs(flipped / n / 32 - 0.5) < 0.02]).toEqual([change, bit, true]);
    }
});

it.each([0.5, NaN, Infinity, 2 ** 53])("refuses seed %d", (seed) =>
  expect(() => random(seed)).toThrow(expect.objectContaining({ code: "bad-argument" })),
);
it.each([0, -1, 1.5, NaN, 2 ** 32 + 1])("refuses bound %d", (bound) =>
  expect(() => random(1).integer(bound)).toThrow(expect.objectContaining({ code: "bad-argument" })),
);
