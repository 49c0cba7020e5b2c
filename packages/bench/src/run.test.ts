// The main job from the shell, whole: what a new user types first.
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildCajal, cajal, type CallOptions, type Outcome } from "../testing/cajal";
import type { BenchRecord } from "./measure/record";
import type { Report } from "./report/report";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cajal-run-"));
  await buildCajal();
}, 180_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("cajal run", () => {
  it("learns to read, agrees on every engine, and writes the report; records alone on standard output", async () => {
    const out = join(folder, "report");
    const { code, stdout, stderr } = await cajal(["run", "--json", "--out", out]);
    expect(code, stderr).toBe(0);
    const records = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as BenchRecord);
    const phases = records.map(({ phase }) => phase);
    expect(phases.slice(0, 2)).toEqual(["train", "accuracy"]);
    expect(new Set(phases.slice(2))).toEqual(new Set(["predict"]));
    const accuracy = records[1]!;
    expect(accuracy).toMatchObject({
      model: "lenet5",
      dataset: "digits",
      params: 61_706,
      seed: 42,
    });
    expect(accuracy.top1).toBeGreaterThanOrEqual(0.97);
    expect(accuracy.n).toBe(359); // a fifth of 1,797

    const report = JSON.parse(await readFile(join(out, "report.json"), "utf8")) as Report;
    expect(report.records).toEqual(records);
    // Every engine but the reference was compared; the accuracy is the other check.
    const places = new Set(
      records.flatMap(({ phase, engine, device }) =>
        phase === "predict" ? `${engine} ${device}` : [],
      ),
    );
    expect(places).toContain("onnx cpu");
    expect(places).toContain("tfjs cpu");
    expect(report.checks).toHaveLength(places.size);
    expect(report.checks.every(({ held }) => held)).toBe(true);
    expect(await readFile(join(out, "report.html"), "utf8")).toMatch(/^<!doctype html>/);
    // Nothing half-written, nothing forgotten.
    expect((await readdir(out)).sort()).toEqual(["report.html", "report.json", "report.md"]);

    // On standard error a line for each stage, and the ratio that one wants to know.
    expect(stderr.trimEnd().split("\n")).toHaveLength(3);
    expect(stderr).toMatch(/onnxruntime-node is [\d.,]+× faster than TF\.js wasm/);
  }, 180_000);

  it("ends when it is interrupted, and leaves no report", async () => {
    const out = join(folder, "interrupted");
    let interrupted = false;
    const { code, stderr } = await cajal(["run", "--out", out], {
      // The first stage is over: the network begins to learn.
      onStderr(stderr, interrupt) {
        if (!interrupted && stderr.includes("Iris")) setTimeout(interrupt, 1000);
        interrupted ||= stderr.includes("Iris");
      },
    });
    expect(code).toBe(130);
    expect(stderr).toContain("Interrupted");
    await expect(readdir(out)).rejects.toMatchObject({ code: "ENOENT" });
  }, 120_000);
});

describe("cajal run table", () => {
  it("measures in processes of their own, goes on from its records, and merges into one report", async () => {
    const out = join(folder, "table");
    const choice = ["--models", "lenet1", "--engines", "onnx", "--device", "cpu", "--rounds", "1"];
    const { code, stdout, stderr } = await cajal(["run", "table", ...choice, "--json", "--out", out]); // prettier-ignore
    expect(code, stderr).toBe(0);
    expect(stderr).toContain("Nothing is fetched");
    const records = stdout.trimEnd().split("\n").map((line) => JSON.parse(line) as BenchRecord); // prettier-ignore
    // LeNet-1 of 28 × 28: 4·(25 + 1) + 12·(4·25 + 1) + 10·(192 + 1) parameters.
    expect(records).toMatchObject([
      { phase: "file", model: "lenet1", params: 3246 },
      { phase: "predict", model: "lenet1", engine: "onnx", device: "cpu", batch: 1 },
    ]);
    expect(records[1]!.median_ms).toBeGreaterThan(0);
    const again = await cajal(["run", "table", ...choice, "--json", "--out", out]);
    expect(again.stderr).toContain("2 are there already (--fresh measures anew)");
    expect(again.stdout).toBe(stdout);
    const other = await cajal([
      "run",
      "table",
      ...choice.slice(0, -1),
      "2",
      "--json",
      "--out",
      out,
    ]);
    expect(other).toMatchObject({ code: 2, stdout: "" });
    expect(other.stderr).toContain("measured with --rounds 1; this run is with --rounds 2");

    const merged = join(folder, "merged");
    const merging = await cajal(["merge", out, join(out, "records.jsonl"), "--out", merged]);
    expect(merging.code, merging.stderr).toBe(0);
    expect(merging.stdout).toContain("2 measurements of 1 machine");
    expect((await readdir(merged)).sort()).toEqual(["records.csv", "records.jsonl", "report.html", "report.json", "report.md"]); // prettier-ignore
  }, 120_000);

  it("refuses what means nothing to a suite, and parts that are none", async () => {
    for (const args of [
      ["run", "--models", "lenet1"],
      ["run", "table", "--datasets", "mnist"],
      ["run", "table", "--shard", "5/4"],
      ["run", "accuracy"],
      ["run", "learn", "--models", "lenet55"],
      ["run", "table", "--engines", "onix"],
    ])
      expect(await cajal([...args, "--out", join(folder, "no")]), args.join(" ")).toMatchObject({ code: 2, stdout: "" }); // prettier-ignore
  }, 60_000);
});

describe("cajal learn", () => {
  it("goes on where it was interrupted, to the same accuracy as without a stop", async () => {
    // Enough epochs that the interruption comes before the last, on a busy machine too, where they take longer.
    const args = ["learn", "--model", "lenet1", "--engine", "onnx", "--batch", "64", "--json"];
    const learn = (more: string[], options?: CallOptions) =>
      cajal([...args, "--epochs", "5", ...more], options);
    const top1 = ({ code, stdout, stderr }: Outcome) => {
      expect(code, stderr).toBe(0);
      return stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as BenchRecord)
        .find(({ phase }) => phase === "accuracy")!.top1;
    };
    const checkpoint = ["--checkpoint", join(folder, "run")];
    const straight = top1(await learn([]));
    let sent = false;
    const interrupted = await learn(checkpoint, {
      onStderr(stderr, interrupt) {
        // Once: a second time would kill.
        if (!sent && stderr.includes("epoch 1 of 5:")) interrupt();
        sent ||= stderr.includes("epoch 1 of 5:");
      },
    });
    expect(interrupted.code).toBe(130);
    const resumed = await learn([...checkpoint, "--resume"]);
    expect(resumed.stderr).not.toContain("epoch 1 of 5:");
    expect(straight).toBeGreaterThan(0.5); // of ten classes
    expect(top1(resumed)).toBe(straight);
  }, 120_000);
});

describe("cajal speed", () => {
  it("prints a record for each engine, each with the memory of its own process", async () => {
    const args = ["speed", "--models", "LeNet1", "--engines", "onnx,tfjs", "--devices", "cpu"];
    const { code, stdout, stderr } = await cajal([
      ...args,
      "--rounds",
      "1",
      "--batch",
      "2",
      "--json",
    ]);
    expect(code, stderr).toBe(0);
    const records = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as BenchRecord);
    expect(records.map(({ engine, device }) => `${engine} ${device}`)).toEqual([
      "onnx cpu",
      "tfjs cpu",
    ]);
    for (const record of records) {
      expect(record).toMatchObject({ suite: "speed", model: "lenet1", phase: "predict", batch: 2 });
      expect(record.p90_ms).toBeGreaterThanOrEqual(record.median_ms!);
      expect(record.rss_mb).toBeGreaterThan(30);
    }
    expect(records[0]!.versions).toHaveProperty("onnxruntime-node");
  }, 120_000);

  it("exits 1 for a device that is not here, and 2 for one that nobody knows", async () => {
    const absent = await cajal(["speed", "--engines", "tfjs", "--devices", "webgl"]);
    expect(absent).toMatchObject({ code: 1, stdout: "" });
    expect(absent.stderr).toContain("browsers");
    expect(await cajal(["speed", "--devices", "abacus"])).toMatchObject({ code: 2, stdout: "" });
  }, 120_000);
});
