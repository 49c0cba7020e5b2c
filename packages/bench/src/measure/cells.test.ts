// What becomes of a measurement's process is what is recorded.
import type { DeviceInfo } from "@cajal/runtime";
import { describe, expect, it } from "vitest";
import { type Cell, differenceOf, groupsOf, keyOf, measureGroup } from "./cells";
import { deviceLabel, withTf32 } from "./places";
import type { Job } from "./tasks/task";
import type { BenchRecord } from "./record";

const places: DeviceInfo[] = [
  { engine: "onnx", device: "cpu", available: true, auto: true, version: "1" },
  { engine: "onnx", device: "webgpu", available: true, auto: false, version: "1" },
  { engine: "tfjs", device: "wasm", available: true, auto: true, version: "4" },
];

/** A worker of few lines: each step takes `ms`, the proof is `outputs`; `inTurn` is done in a turn. */
const worker = ({ ms = 1, outputs = [1, 2], inTurn = "" }) => `
  const say = (answer) => console.log(JSON.stringify(answer));
  say({ ready: true, best_warm_ms: ${ms}, open_ms: 5 });
  require("readline").createInterface({ input: process.stdin }).on("line", (line) => {
    if (line === "prove") return say({ outputs: ${JSON.stringify(outputs)} });
    ${inTurn}
    say({ median_ms: ${ms}, n: Number(line), rss_mb: 50, times_ms: [${ms}] });
  });`;

const cell = (engine: "onnx" | "tfjs", device: Job["device"], script: string): Cell => ({
  suite: "table",
  job: { phase: "predict", model: "net", engine, device, batch: 1, labels: { script } },
  turns: "net",
  patience: 20,
});

async function measured(group: readonly Cell[], patience?: number) {
  const records: BenchRecord[] = [];
  const cells = patience === undefined ? group : group.map((each) => ({ ...each, patience }));
  const options = { places, rounds: 2, seconds: 0.002, seed: 7, command: ({ labels }: Job): [string, ...string[]] => [process.execPath, "-e", labels!.script!] }; // prettier-ignore
  for await (const event of measureGroup(cells, options))
    if (event.type === "measured") records.push(...event.records);
  return records;
}

describe("measureGroup", () => {
  it("gives times, rounds and proof of what goes well, beside what crashes in a turn", async () => {
    const records = await measured([
      cell("onnx", "cpu", worker({ ms: 2 })),
      cell("tfjs", "wasm", worker({ ms: 3, outputs: [1, 2.001] })),
      cell("onnx", "webgpu", worker({ inTurn: `console.error("Error: device lost"); process.exit(3);` })),
    ]); // prettier-ignore
    expect(records.map(({ engine, device }) => `${engine} ${device}`)).toEqual(["onnx webgpu", "onnx cpu", "tfjs wasm"]); // prettier-ignore
    const [lost, cpu, wasm] = records;
    expect(cpu).toMatchObject({ suite: "table", model: "net", n: 2, median_ms: 2, p90_ms: 2, p99_ms: 2, rounds_ms: [2, 2], rss_mb: 50, open_ms: 5, seed: 7, versions: { "onnxruntime-node": "1" } }); // prettier-ignore
    expect(cpu!.cell).toBe("table · predict · net · onnx · cpu · 1");
    expect(cpu!.environment!.cores).toBeGreaterThan(0);
    expect(cpu!.difference).toBeUndefined();
    expect(wasm).toMatchObject({ median_ms: 3, difference: 0.0005 });
    expect(lost).toMatchObject({ failure: "crash", n: 0 });
    expect(lost!.reason).toContain("device lost");
    expect(lost!.median_ms).toBeUndefined();
  });

  it("keeps TF32 off, and has it as a device of its own", async () => {
    process.env.NVIDIA_TF32_OVERRIDE = "1";
    const outputs = (tf32: number) => `process.env.NVIDIA_TF32_OVERRIDE === "0" ? [1, 2] : [1, ${tf32}]`; // prettier-ignore
    const onCard = (tf32: number): Cell => cell("onnx", "cuda", worker({}).replace("[1,2]", outputs(tf32)));
    const cells = withTf32([{ engine: "onnx", device: "cpu" }, { engine: "onnx", device: "cuda" }]);
    expect(cells.map(deviceLabel)).toEqual(["cpu", "cuda", "cuda, TF32"]);
    // Rounding to 10 bits is no fault of a kernel there, and is one where it is off.
    const rounding = onCard(2.03);
    const records = await measured([
      cell("onnx", "cpu", worker({})),
      rounding,
      { ...rounding, job: { ...rounding.job, tf32: true } },
    ]);
    delete process.env.NVIDIA_TF32_OVERRIDE;
    expect(records.map(({ cell, device, difference, failure }) => [cell, device, difference, failure])).toEqual([
      ["table · predict · net · onnx · cpu · 1", "cpu", undefined, undefined],
      ["table · predict · net · onnx · cuda · 1", "cuda", 0, undefined],
      ["table · predict · net · onnx · cuda, TF32 · 1", "cuda, TF32", 0.015, undefined],
    ]);
  }); // prettier-ignore

  it("does not time a device that computes wrongly", async () => {
    const group = [
      cell("onnx", "cpu", worker({})),
      cell("onnx", "webgpu", worker({ outputs: [1, 2.1] })),
      cell("tfjs", "wasm", worker({ outputs: [1, NaN] })),
    ];
    const records = await measured(group);
    expect(records.map(({ device, failure }) => [device, failure])).toEqual([
      ["webgpu", "wrong"],
      ["wasm", "wrong"],
      ["cpu", undefined],
    ]);
    expect(records[0]).toMatchObject({ difference: 0.05 });
    expect(records[0]!.reason).toContain("0.050 of the largest");
  });

  it("records what never comes up, hangs, runs out of memory or says why not", async () => {
    const failing = (device: Job["device"], script: string) => cell("onnx", device, script);
    const reasons = await measured([
      failing("cpu", `throw new Error("no such file")`),
      failing("wasm", `console.error("terminate called: std::bad_alloc"); process.kill(process.pid, "SIGABRT")`),
      failing("webgpu", `console.log(JSON.stringify({ failed: { code: "unsupported", message: "no Einsum here" } }))`),
    ]); // prettier-ignore
    expect(reasons.map(({ failure }) => failure)).toEqual(["crash", "memory", "error"]);
    expect(reasons[2]!.reason).toContain("no Einsum here");
    const [hanging] = await measured([failing("cpu", "setTimeout(() => {}, 60000)")], 0.3);
    expect(hanging).toMatchObject({ failure: "timeout", n: 0 });
  });

  it("takes the records of a process that does a single thing", async () => {
    const script = `
      console.log(JSON.stringify({ progress: 0.5, note: "half" }));
      console.log(JSON.stringify({ records: [{ n: 4, top1: 0.5, model: "a" }, { n: 4, top1: 1, model: "b" }] }));`;
    const { turns: _turns, ...single } = cell("onnx", "cpu", script);
    const records = await measured([{ ...single, facts: { params: 3 } }]);
    expect(records).toMatchObject([
      { model: "a", top1: 0.5, params: 3, cell: "table · predict · net · onnx · cpu · 1" },
      { model: "b", top1: 1, params: 3 },
    ]);
  });
});

it("keeps together what takes turns, in the order of the plan", () => {
  const plan = [cell("onnx", "cpu", ""), { ...cell("onnx", "cpu", ""), turns: "x" }, cell("tfjs", "wasm", "")]; // prettier-ignore
  expect(groupsOf(plan).map((group) => group.map(keyOf))).toEqual([
    ["table · predict · net · onnx · cpu · 1", "table · predict · net · tfjs · wasm · 1"],
    ["table · predict · net · onnx · cpu · 1"],
  ]);
});

it("differs by the largest output", () => {
  expect(differenceOf([1, -4.5], [1, -4])).toBe(0.125);
  expect(differenceOf([0, 0], [0, 0])).toBe(0);
  expect(differenceOf([1], [1, 2])).toBeNaN();
});
