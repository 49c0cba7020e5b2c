// A plan of measurements that goes on from wherever it was cut off.
import { execFileSync } from "node:child_process";
import {
  appendFile,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Job } from "../../measure/tasks/task";
import type { BenchRecord } from "../../measure/record";
import { mergeRecords } from "../../measure/records";
import type { StageEvent, SuiteContext, SuiteSettings } from "../suite";
import { cellSuite } from "./cellSuite";

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "cajal-cells-"))));
afterAll(() => rm(folder, { recursive: true }));

const names = ["a", "b", "c", "d", "e"];
const calls: string[] = [];
const suite = cellSuite({
  name: "table",
  title: "A plan",
  description: "",
  takes: [],
  async plan(_settings, { seed }) {
    const cells = [...names, "a"].map((model) => ({
      suite: "table",
      job: { phase: "file", model, engine: "onnx", device: "cpu", batch: 1, seed } as Job,
    }));
    return { cells, places: [] };
  },
  sections: () => [],
  measuring: {
    command({ model }) {
      calls.push(model);
      const answer = JSON.stringify({ records: [{ n: 1, params: model.charCodeAt(0) }] });
      return ["/bin/echo", answer];
    },
  },
});

const context = (more: Partial<SuiteContext>): SuiteContext => ({
  seed: 1,
  settings: {},
  record: (measured) => measured as BenchRecord,
  ...more,
});

async function run(more: Partial<SuiteContext>, stopAfter = Infinity): Promise<BenchRecord[]> {
  const records: BenchRecord[] = [];
  let events = 0;
  for await (const event of suite.run(context(more)) as AsyncIterable<StageEvent>) {
    if (event.type === "record") records.push(event.record);
    if (++events >= stopAfter) break;
  }
  return records;
}

const onDisk = async (path: string) =>
  (await readFile(join(path, "records.jsonl"), "utf8")).trimEnd().split("\n");

it.skipIf(process.platform === "win32")("ends with each measurement once, wherever it was cut off", async () => {
  for (let attempt = 0; attempt < 20; attempt++) {
    const out = join(folder, `cut-${attempt}`);
    await run({ folder: out }, 1 + ((7 * attempt) % 17));
    // As a process leaves it that is killed while it writes.
    await appendFile(join(out, "records.jsonl"), `{"suite":"table","mod`);
    const records = await run({ folder: out });
    expect(records.map(({ model, params }) => [model, params])).toEqual(
      names.map((name) => [name, name.charCodeAt(0)]),
    );
    expect(await onDisk(out)).toEqual(records.map((record) => JSON.stringify(record)));
  }
}, 30_000); // prettier-ignore

it.skipIf(process.platform === "win32")("measures nothing twice, unless it is to", async () => {
  const out = join(folder, "again");
  await run({ folder: out });
  calls.length = 0;
  expect(await run({ folder: out })).toHaveLength(5);
  expect(calls).toEqual([]);
  expect(await run({ folder: out, fresh: true })).toHaveLength(5);
  expect(calls).toEqual(names);
  await expect(run({ folder: out, seed: 2 })).rejects.toMatchObject({ code: "bad-argument" });
});

it.skipIf(process.platform === "win32")("goes on with the same settings alone, as its numbers depend on them", async () => {
  const out = join(folder, "settings");
  const of = (settings: SuiteSettings, fresh = false) => run({ folder: out, settings, fresh });
  const [first] = await of({ examples: 500, data: "images", models: ["a"] });
  expect(first).toMatchObject({ settings: { examples: 500, data: resolve("images") } });
  calls.length = 0;
  // Which are measured may change.
  await of({ examples: 500, data: join(".", "images"), models: ["b"] });
  expect(calls).toEqual([]);
  for (const other of [{ examples: 600, data: "images" }, { data: "images" }, {}, { examples: 500, data: "images", threads: 1 }])
    await expect(of(other)).rejects.toMatchObject({ code: "bad-argument" });
  await expect(of({})).rejects.toThrow(/measured with --data .*images --examples 500; this run is without options\. Choose/);
  expect((await of({}, true))[0]).not.toHaveProperty("settings");
  expect(calls).toEqual(names);
}); // prettier-ignore

it.skipIf(process.platform === "win32")("shares its measurements among machines, and merges them", async () => {
  const parts = await Promise.all(
    [1, 2, 3].map((index) => run({ folder: join(folder, `part-${index}`), shard: { index, count: 3 } })),
  );
  expect(parts.map((part) => part.map(({ model }) => model))).toEqual([["a", "d"], ["b", "e"], ["c"]]);
  const merged = mergeRecords([...parts.flat(), ...parts[1]!]);
  expect(merged.map(({ model }) => model).toSorted()).toEqual(names);
}); // prettier-ignore

it("prefers a number to a failure, and the later of two numbers", () => {
  const record = (fields: Partial<BenchRecord>) => ({ suite: "s", model: "m", phase: "predict", engine: "onnx", device: "cpu", batch: 1, n: 1, ...fields }) as BenchRecord; // prettier-ignore
  const [first, second] = [record({ at: "2026-01-01", n: 1 }), record({ at: "2026-01-02", n: 2 })];
  const failed = record({ at: "2026-01-03", failure: "crash" });
  expect(mergeRecords([second, failed, first])).toEqual([second]);
  expect(mergeRecords([failed, first])).toEqual([first]);
});

it.skipIf(process.platform === "win32")("begins anew behind a link, and reads no pipe", async () => {
  const path = join(folder, "linked");
  await mkdir(path);
  await writeFile(join(path, "real"), "not a record\n");
  await symlink("real", join(path, "records.jsonl"));
  await run({ folder: path, fresh: true });
  expect((await lstat(join(path, "records.jsonl"))).isSymbolicLink()).toBe(true);
  expect((await readFile(join(path, "real"), "utf8")).trimEnd().split("\n").length).toBe(5);
  const piped = join(folder, "piped");
  await mkdir(piped);
  execFileSync("mkfifo", [join(piped, "records.jsonl")]);
  for (const fresh of [true, false])
    await expect(run({ folder: piped, fresh })).rejects.toMatchObject({
      code: "bad-argument",
    });
}); // prettier-ignore
