import { expect, it } from "vitest";
import { checkOptions, optionsOf } from "./options";

it("refuses options that are not known, those without a value too", () => {
  expect(() => checkOptions("train", { epochs: 1 }, ["epochs", "seed"])).not.toThrow();
  expect(() => checkOptions("train", {}, [])).not.toThrow();
  expect(() => checkOptions("train", { epoch: undefined }, ["seed", "epochs"])).toThrow(
    expect.objectContaining({
      code: "unknown-option",
      message: 'unknown option of train "epoch". Known, nearest first: epochs, seed.',
    }),
  );
});

interface Options {
  epochs?: number;
  rate?: number;
  shuffle?: boolean;
  mode?: "min" | "max";
  signal?: AbortSignal;
  loss?: unknown;
}
const options = optionsOf<Options>({
  epochs: { whole: true, least: 1 },
  rate: { least: 0, most: 1 },
  shuffle: "boolean",
  mode: ["min", "max"],
  signal: "signal",
  loss: true,
});

it.each<[options: Options]>([
  [{}],
  [{ epochs: 3, rate: 0.5, shuffle: false, mode: "max", loss: Symbol("any") }],
  [{ epochs: undefined, signal: undefined, shuffle: undefined }],
  [{ signal: AbortSignal.abort() }],
])("takes values of their kinds: %o", (value) =>
  expect(() => checkOptions("train", value, options)).not.toThrow(),
);

it.each<[options: object, code: string, message: string]>([
  [{ epochs: 0 }, "bad-argument", "train: got epochs 0, expected a whole number of at least 1."],
  [{ epochs: 1.5 }, "bad-argument", "a whole number of at least 1"],
  [{ epochs: "3" }, "bad-argument", "a whole number of at least 1"],
  [{ rate: 2 }, "bad-argument", "expected a number, 0 … 1."],
  [{ shuffle: 1 }, "bad-argument", "train: got 1 as shuffle, expected true or false."],
  [{ shuffle: null }, "bad-argument", "train: got null as shuffle, expected true or false."],
  [{ signal: new AbortController() }, "bad-argument", "expected an AbortSignal."],
  [{ mode: "mex" }, "unknown-name", 'unknown mode of train "mex". Known, nearest first: max, min.'],
  [{ mode: ["min"] }, "unknown-name", "unknown mode of train an array of 1"],
  [{ epoch: 1 }, "unknown-option", "nearest first: epochs"],
])("refuses others: %o", (value, code, message) =>
  expect(() => checkOptions("train", value, options)).toThrow(
    expect.objectContaining({ code, message: expect.stringContaining(message) as string }),
  ),
);

it("has the compiler see to it that none is missing", () => {
  // @ts-expect-error signal is missing
  optionsOf<{ seed?: number; signal?: AbortSignal }>({ seed: true });
  // @ts-expect-error none is called sead
  optionsOf<{ seed?: number }>({ seed: true, sead: true });
});
