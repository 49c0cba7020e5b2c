import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cacheList, random, tensor } from "@cajal/core";
import { convnet } from "@cajal/models";
import { sgd, sparseCategoricalCrossentropy } from "@cajal/train";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { initialize } from "../../../initializers/initialize";
import { openTrainStep } from "../../../openTrainStep";
import type { TrainStepOptions } from "../../../step/trainStep";
import { fastest } from "./formulations";
import { keepFormulations, knownFormulations } from "./knownFormulations";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cajal-formulations-"));
  vi.stubEnv("CAJAL_CACHE", folder);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const file = () => join(folder, "formulations.jsonl");
const kept = () => readFileSync(file(), "utf8");
interface Line {
  readonly on: string;
  readonly key: string;
  readonly formulation: string;
  readonly times: Record<string, number>;
}
const lines = () => kept().split("\n").filter(Boolean).map((line) => JSON.parse(line) as Line); // prettier-ignore
const write = (entries: readonly Line[]) =>
  writeFileSync(file(), entries.map((entry) => `${JSON.stringify(entry)}\n`).join(""));
/** The names at the end of a key. */
const namesIn = (key: string) => key.split(": ")[1]!.split(", ");

const model = convnet({ classifier_activation: null });
const weights = initialize(model, { seed: 3 });
const numbers = random(1, "formulations");
const x = tensor("float32", [4, 32, 32, 3], Float32Array.from({ length: 4 * 32 * 32 * 3 }, () => numbers.float())); // prettier-ignore
const y = tensor("int32", [4], [0, 1, 2, 3]);

/** What was chosen in two steps, the last loss, and the weights. */
async function trained(options: Partial<TrainStepOptions> = {}) {
  const step = await openTrainStep(model, weights, {
    loss: sparseCategoricalCrossentropy({ fromLogits: true }),
    optimizer: sgd({ learningRate: 0.01 }),
    device: "cpu",
    threads: 1,
    verify: false,
    ...options,
  });
  try {
    await step.run({ x, y });
    const { loss } = await step.run({ x, y });
    return { formulations: step.formulations(), loss, weights: await step.weights() };
  } finally {
    await step.dispose();
  }
}

it("times what is close once, takes the fastest, and keeps it", async () => {
  const first = await trained();
  expect(Object.keys(first.formulations).length).toBeGreaterThan(1);
  const written = lines();
  expect(Object.fromEntries(written.map(({ key, formulation }) => [key, formulation]))).toEqual(
    first.formulations,
  );
  for (const { key, formulation, times } of written) {
    expect(Object.keys(times)).toEqual(namesIn(key));
    // The rule's, or one that was the fastest twice.
    expect([namesIn(key)[0], fastest(namesIn(key), times)]).toContain(formulation);
  }
  // On the list of what emptying the cache removes.
  expect(readFileSync(join(folder, cacheList), "utf8")).toBe('{"file":"formulations.jsonl"}\n');

  const before = kept();
  const second = await trained();
  expect(kept()).toBe(before);
  expect(second).toEqual(first);
});

it("takes what was found before, on a thread of its own as well", async () => {
  await trained();
  const planted = lines().map((line) => ({ ...line, formulation: namesIn(line.key).at(-1)! }));
  write(planted);
  const expected = Object.fromEntries(planted.map(({ key, formulation }) => [key, formulation]));
  const got = await trained();
  expect(got.formulations).toEqual(expected);
  const byRule = await trained({ deterministic: true });
  expect(got.weights).not.toEqual(byRule.weights);
  expect(got.loss).toBeCloseTo(byRule.loss, 4);
  const onWorker = await trained({ worker: true });
  expect(onWorker).toEqual(got);
});

it("times on a thread of its own", async () => {
  const { formulations } = await trained({ worker: true });
  expect(lines().map(({ key }) => key)).toEqual(expect.arrayContaining(Object.keys(formulations)));
});

it("goes by the rule under deterministic, but for formulations that are given", async () => {
  const byRule = await trained({ deterministic: true });
  expect(byRule.formulations).toEqual({});
  expect(() => kept()).toThrow("ENOENT");
  await trained();
  const [{ key }] = lines() as [Line];
  const given = { [key]: namesIn(key).at(-1)!, "no such gradient": "magic" };
  const got = await trained({ deterministic: true, formulations: given });
  expect(got.formulations).toEqual({ [key]: given[key] });
  expect(got.weights).not.toEqual(byRule.weights);
  // Before what is known of this processor.
  expect((await trained({ formulations: given })).formulations[key]).toBe(given[key]);
});

it("times nothing where nothing can be kept", async () => {
  writeFileSync(join(folder, "file"), "");
  vi.stubEnv("CAJAL_CACHE", join(folder, "file", "cache"));
  const { formulations, weights } = await trained();
  expect(formulations).toEqual({});
  expect(weights).toEqual((await trained({ deterministic: true })).weights);
});

it("takes the first line for a gradient, of this machine and these threads, and leaves out what is no line", async () => {
  await keepFormulations(1, [{ key: "a", formulation: "x", times: {} }]);
  const [line] = lines() as [Line];
  const others = [
    { ...line, formulation: "y" },
    { ...line, on: "another", key: "b" },
  ];
  writeFileSync(file(), `${kept()}{"on":"torn\nnull\n[]\n${others.map((each) => `${JSON.stringify(each)}\n`).join("")}{"on":"torn`); // prettier-ignore
  expect(await knownFormulations(1)).toEqual(new Map([["a", "x"]]));
  expect(await knownFormulations(2)).toEqual(new Map());
  // After a line that was left open.
  await keepFormulations(1, [{ key: "c", formulation: "z", times: {} }]);
  expect(await knownFormulations(1)).toEqual(new Map(Object.entries({ a: "x", c: "z" })));
});

it("ends with one choice where several time the same at once", async () => {
  const found = await Promise.all(
    ["p", "q", "r", "s"].map((formulation) =>
      keepFormulations(1, [{ key: "a", formulation, times: {} }]),
    ),
  );
  for (const known of found) expect(known).toEqual(found[0]);
});

it("leaves the rule's for another that is faster by more than noise", () => {
  expect(fastest(["a", "b", "c"], { a: 10, b: 9.5, c: 9.4 })).toBe("a");
  expect(fastest(["a", "b", "c"], { a: 10, b: 9, c: 8 })).toBe("c");
  expect(fastest(["a", "b"], { b: 1 })).toBe("a");
  expect(fastest(["a", "b"], {})).toBe("a");
});
