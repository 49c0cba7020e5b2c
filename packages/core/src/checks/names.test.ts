import * as fc from "fast-check";
import { expect, it } from "vitest";
import { nearest, unknownName } from "./names";

it("orders by edits: none, one, two, and seven from what shares nothing", () => {
  const names = ["resnet50", "lenet5", "lenet1", "lenet"];
  // lenet5 → lenet5: 0; → lenet1: 1 substitution; → lenet: 1 deletion (later in the list); resnet50: 3
  expect(nearest("lenet5", names)).toEqual(["lenet5", "lenet1", "lenet", "resnet50"]);
  expect(nearest("lenett5", names)[0]).toBe("lenet5");
  expect(nearest("LeNet5", names)[0]).toBe("lenet5");
});

it("counts as Levenshtein 1966 does: kitten → sitting 3, Saturday → Sunday 3, flaw → lawn 2", () => {
  // Each word stands between one that is an edit nearer and one that is an edit farther.
  const at = (distance: number) => "#".repeat(distance);
  const order = (from: string, to: string, distance: number) =>
    // A word with `distance` letters more than `from` is exactly that many edits away.
    nearest(from, [from + at(distance + 1), to, from + at(distance - 1)]);
  expect(order("kitten", "sitting", 3)).toEqual(["kitten##", "sitting", "kitten####"]);
  expect(order("Saturday", "Sunday", 3)).toEqual(["Saturday##", "Sunday", "Saturday####"]);
  expect(order("flaw", "lawn", 2)).toEqual(["flaw#", "lawn", "flaw###"]);
});

it("loses no name, changes no list, and puts an equal one first", () =>
  fc.assert(
    fc.property(fc.array(fc.string()), fc.string(), (names, name) => {
      const copy = [...names];
      expect(nearest(name, names).sort()).toEqual([...names].sort());
      expect(names).toEqual(copy);
      expect(nearest(name, [...names, name])[0]?.toLowerCase()).toBe(name.toLowerCase());
    }),
  ));

it("tells what was unknown, what was got, and what is known", () => {
  const error = unknownName("layer class", "Dens", ["Conv2D", "Dense"]);
  expect(error).toMatchObject({
    code: "unknown-name",
    message: 'unknown layer class "Dens". Known, nearest first: Dense, Conv2D.',
    facts: { what: "layer class", got: "Dens", known: ["Dense", "Conv2D"] },
  });
});

it("is done at once with names of any length and number", () => {
  const started = performance.now();
  const names = Array.from({ length: 200_000 }, (_, i) => `value_${i}`);
  const error = unknownName("value", "x".repeat(5_000_000), [...names, "y".repeat(1_000_000)]);
  expect(error.message.length).toBeLessThan(10_000);
  expect(error.message).toMatch(/and 199971 more\.$/);
  expect(performance.now() - started).toBeLessThan(10_000);
});

it("says so where nothing is known", () =>
  expect(unknownName("attribute of Relu", "alpha", []).message).toBe(
    'unknown attribute of Relu "alpha". None is known.',
  ));
