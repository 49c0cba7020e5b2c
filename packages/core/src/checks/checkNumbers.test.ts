import { describe, expect, it } from "vitest";
import { checkInteger, checkNumber } from "./checkNumbers";

describe("numbers", () => {
  it("pass within their range, its ends too", () => {
    for (const value of [0, 1, 7]) checkInteger("f", "n", value, { least: 0, most: 7 });
    checkInteger("f", "seed", -(2 ** 53) + 1);
    for (const value of [-1.5, 0, 1e300]) checkNumber("f", "x", value);
  });

  it.each([
    [1.5],
    [NaN],
    [Infinity],
    [2 ** 53],
    ["1"],
    [null],
    [undefined],
    [1n],
    [Symbol("1")],
    [[1]],
    [{ toString: 1 }],
  ])("refuse %s as whole", (value) => {
    expect(() => checkInteger("f", "n", value)).toThrow(
      expect.objectContaining({ code: "bad-argument", facts: { where: "f", name: "n", value } }),
    );
  });

  it("say the range", () => {
    expect(() => checkInteger("batch", "size", 0, { least: 1 })).toThrow(
      "batch: got size 0, expected a whole number of at least 1.",
    );
    expect(() => checkInteger("pca", "components", 5, { least: 1, most: 4 })).toThrow("1 … 4");
    expect(() => checkNumber("f", "rate", NaN, { least: 0 })).toThrow(
      "f: got rate NaN, expected a number of at least 0.",
    );
    expect(() => checkNumber("f", "rate", 2, { most: 1 })).toThrow("at most 1");
  });
});
