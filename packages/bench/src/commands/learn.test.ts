// cajal learn: a run that goes on.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Context } from "../context";
import { learn } from "./learn";

const context = {
  output: { json: true, text() {}, line() {}, document() {}, async close() {} },
  progress: { start() {}, update() {}, finish() {}, say() {}, clear() {} },
  seed: 1,
  signal: new AbortController().signal,
} as unknown as Context;

describe("a run of other options is not gone on with", () => {
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

  it.each<[what: string, more: object]>([
    ["another model", { model: "lenet5" }],
    ["another optimizer", { optimizer: "sgd" }],
    ["other learning rates", { epochs: 2 }],
    ["other data, or batches", { batch: 128 }],
    ["another seed", { seed: 2 }],
  ])("%s: the message has it, and the option of the folder", async (what, more) => {
    const message = expect.stringMatching(`: it holds a run of .*${what}.*another --checkpoint`) as string; // prettier-ignore
    const run = learn.run({ ...context, ...more }, { ...options(), ...more });
    await expect(run).rejects.toMatchObject({ code: "bad-argument", message });
  });
});
