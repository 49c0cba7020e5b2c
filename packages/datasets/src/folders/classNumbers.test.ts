// Labels by hand.
import { describe, expect, it } from "vitest";
import { classNumbers } from "./classNumbers";

const of = (values: readonly unknown[]) =>
  values.map((value, i) => ({ value, where: `table: row ${i}` }));

describe("classNumbers", () => {
  it.each<
    [
      labels: unknown[],
      classes: string[] | undefined,
      numbers: number[],
      names: string[] | undefined,
    ]
  >([
    [["1", "0", 7], undefined, [1, 0, 7], undefined],
    [["b", "a", "b"], undefined, [1, 0, 1], ["a", "b"]],
    [
      ["b", "a"],
      ["b", "a"],
      [0, 1],
      ["b", "a"],
    ],
    // Numbers that have names, and numbers that are names.
    [
      ["1", 0],
      ["cat", "dog"],
      [1, 0],
      ["cat", "dog"],
    ],
    [
      ["-1", "1"],
      ["-1", "1"],
      [0, 1],
      ["-1", "1"],
    ],
    [
      ["3", 7],
      ["7", "3"],
      [1, 0],
      ["7", "3"],
    ],
    [["1", "2", "x"], undefined, [0, 1, 2], ["1", "2", "x"]],
    [[true, false], undefined, [1, 0], ["false", "true"]],
    // Short hashes, not 100000 and 2000.
    [["2e3", "1e5"], undefined, [1, 0], ["1e5", "2e3"]],
    [[], undefined, [], undefined],
  ])("takes %j of %j", (labels, classes, numbers, names) => {
    expect(classNumbers(of(labels), classes)).toEqual({
      numbers,
      ...(names && { classes: names }),
    });
  });

  it.each<[labels: unknown[], classes: string[] | undefined, message: string]>([
    [["0", "4294967297"], undefined, "table: row 1: got the label 4294967297, expected a whole number, 0 … 2147483647."], // prettier-ignore
    [[2 ** 31], undefined, "got the label 2147483648"],
    [["-1", "1"], undefined, "got the label -1, expected a whole number, 0 … 2147483647. Where such labels are names, list them as classes."], // prettier-ignore
    [[1.5], undefined, "got the label 1.5"],
    [["1.5"], undefined, "got the label 1.5"],
    [[1e21], undefined, "got the label 1e+21"],
    [["2"], ["cat", "dog"], "got the label 2, expected a whole number, 0 … 1, of the 2 classes."],
    [["cow"], ["cat", "dog"], 'unknown class of table: row 0 "cow".'],
    [["cat", [1]], undefined, "table: row 1: got an array of 1 as label, expected text or a number."], // prettier-ignore
    [[new Date(0)], undefined, "got a date as label"],
    [[{ id: 1 }], undefined, "got an object with id as label"],
  ])("refuses %j of %j", (labels, classes, message) => {
    expect(() => classNumbers(of(labels), classes)).toThrow(
      expect.objectContaining({ code: "bad-file", message: expect.stringContaining(message) as string }), // prettier-ignore
    );
  });
});
