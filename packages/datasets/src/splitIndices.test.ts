import { random } from "@cajal/core";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { splitIndices } from "./splitIndices";

/** Shares of sum 1, from a list of weights. */
const shares = fc
  .array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 5 })
  .map((weights) => weights.map((weight) => weight / weights.reduce((a, b) => a + b, 0)));

const examples = fc
  .record({ n: fc.integer({ min: 100, max: 400 }), classes: fc.integer({ min: 1, max: 12 }) })
  .chain(({ n, classes }) =>
    fc.array(fc.integer({ min: 0, max: classes - 1 }), { minLength: n, maxLength: n }),
  );

it.each([false, true])("is a partition of right sizes, in order (stratified: %s)", (stratified) =>
  fc.assert(
    fc.property(examples, shares, fc.integer(), (labels, shares, seed) => {
      const order = random(seed, "test").permutation(labels.length);
      const parts = splitIndices(order, shares, stratified ? labels : undefined);
      expect(parts.flatMap((part) => [...part]).sort((a, b) => a - b)).toEqual([...labels.keys()]);
      const place = new Map([...order].map((example, position) => [example, position]));
      parts.forEach((part, i) => {
        expect(Math.abs(part.length - shares[i]! * labels.length)).toBeLessThan(1 + 1e-9);
        const places = [...part].map((example) => place.get(example)!);
        expect(places).toEqual(places.toSorted((a, b) => a - b));
      });
    }),
  ),
);

it("stratified, each class is right to one example for two parts, to less than two for more", () =>
  fc.assert(
    fc.property(examples, shares, (labels, shares) => {
      const order = Uint32Array.from(labels.keys());
      const parts = splitIndices(order, shares, labels);
      for (const label of new Set(labels)) {
        const exact = labels.filter((other) => other === label).length;
        parts.forEach((part, i) => {
          const got = [...part].filter((example) => labels[example] === label).length;
          const off = Math.abs(got - exact * shares[i]!);
          expect(off).toBeLessThan(shares.length > 2 ? 2 : 1 + 1e-9);
        });
      }
    }),
  ));

it("by hand: 3 a and 3 b, two thirds and one third", () => {
  const labels = ["a", "b", "a", "b", "a", "b"].map((label) => label.charCodeAt(0));
  const [first, second] = splitIndices(Uint32Array.of(0, 1, 2, 3, 4, 5), 2 / 3, labels);
  expect([...first!].map((i) => labels[i]).sort()).toEqual([97, 97, 98, 98]);
  expect([...second!].map((i) => labels[i]).sort()).toEqual([97, 98]);
});

it("takes labels of 64 bits", () => {
  const labels = BigInt64Array.from([1n, 0n, 1n, 0n]);
  const parts = splitIndices(Uint32Array.of(0, 1, 2, 3), 0.5, labels);
  expect(parts.map((part) => [...part].map((i) => labels[i]).sort())).toEqual([
    [0n, 1n],
    [0n, 1n],
  ]);
});
