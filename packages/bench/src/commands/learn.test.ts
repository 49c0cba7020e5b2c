// cajal learn: a run that goes on.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Context } from "../context";
import { learn } from "./learn";

let lines: { phase?: string; top1?: number }[] = [];
const context = {
  output: {
    json: true,
    text() {},
    line: (value: object) => void lines.push(value),
    document() {},
    async close() {},
  },
  progress: { start() {}, update() {}, finish() {}, say() {}, clear() {} },
  seed: 1,
  signal: new AbortController().signal,
} as unknown as Context;

describe("a run that goes on", () => {
  let checkpoint: string;
  const options = () => ({
    model: "lenet1",
    dataset: "digits",
    epochs: 1,
    batch: 256,
    optimizer: "adam",
    schedule: "cosine" as const,
    augment: true,
    device: "auto",
    checkpoint,
    resume: true,
  });
  beforeAll(async () => {
    checkpoint = await mkdtemp(join(tmpdir(), "cajal-learn-"));
    await learn.run(context, options());
  });
  afterAll(() => rm(checkpoint, { recursive: true }));

  it("says what it has learned where it had ended, and nothing is left to do", async () => {
    const accuracy = () => lines.findLast(({ phase }) => phase === "accuracy")!.top1;
    const before = accuracy();
    lines = [];
    await learn.run(context, options());
    expect(lines.map(({ phase }) => phase)).toEqual(["accuracy"]);
    expect(before).toBeGreaterThan(0);
    expect(accuracy()).toBeCloseTo(before!, 6);
  });

  it("has no fewer epochs than it had, where its learning rates would be the same", async () => {
    const constant = { ...options(), checkpoint: join(checkpoint, "constant"), schedule: "constant" as const }; // prettier-ignore
    await learn.run(context, { ...constant, epochs: 2 });
    const message = expect.stringContaining("holds a run of 2 epochs; got --epochs 1") as string;
    await expect(learn.run(context, constant)).rejects.toMatchObject({ code: "bad-argument", message }); // prettier-ignore
  });

  it.each<[what: string, more: object]>([
    ["another model", { model: "lenet5" }],
    ["another optimizer", { optimizer: "sgd" }],
    ["other learning rates", { epochs: 2 }],
    ["other data, or batches", { batch: 128 }],
    ["another seed", { seed: 2 }],
  ])("is not one of %s: the message has it, and the option of the folder", async (what, more) => {
    const message = expect.stringMatching(`: it holds a run of .*${what}.*another --checkpoint`) as string; // prettier-ignore
    const run = learn.run({ ...context, ...more }, { ...options(), ...more });
    await expect(run).rejects.toMatchObject({ code: "bad-argument", message });
  });
});
