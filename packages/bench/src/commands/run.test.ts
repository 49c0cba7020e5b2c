import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { recordWith } from "../../testing/record";
import type { Context } from "../context";
import { environment } from "../measure/environment";
import type { Report } from "../report/report";
import type { BenchRecord } from "../measure/record";
import type { SuiteEvent } from "../suites/suite";
import type { run as Run } from "./run";

const check = { value: true };
const measured: BenchRecord[] = [];
let run: typeof Run;

const suite = {
  async *runSuite(): AsyncGenerator<SuiteEvent> {
    const report: Report = {
      format: "cajal-report-1",
      suite: "embedded",
      title: "A run",
      seed: 42,
      at: "2026-01-01T00:00:00.000Z",
      seconds: 1,
      environment: environment(),
      versions: {},
      records: measured,
      checks: [{ name: "Engines agree", held: check.value, got: "0.1", expected: "10⁻⁵" }],
      sections: [],
    };
    yield { type: "end", report };
  },
};

// Test files share their modules: the command is loaded anew with this suite, and forgotten.
beforeAll(async () => {
  vi.resetModules();
  vi.doMock("../suites/runSuite", () => suite);
  ({ run } = await import("./run"));
});
afterAll(() => {
  vi.doUnmock("../suites/runSuite");
  vi.resetModules();
});

it("fails where a check did not hold, or nothing was measured, and still writes the report", async () => {
  const out = await mkdtemp(join(tmpdir(), "cajal-check-"));
  const lines: string[] = [];
  const quiet = () => {};
  const context: Context = {
    output: { json: false, text: quiet, line: quiet, document: quiet, close: async () => {} },
    progress: {
      start: quiet,
      update: quiet,
      finish: quiet,
      clear: quiet,
      say: (line) => void lines.push(line),
    },
    seed: 42,
    signal: new AbortController().signal,
  };
  try {
    expect(await run.run(context, { suite: "embedded", out })).toBeUndefined();
    expect(lines).toEqual([]);
    check.value = false;
    expect(await run.run(context, { suite: "embedded", out })).toBe("failed");
    expect(lines).toEqual(["NOT HELD: Engines agree: 0.1, expected 10⁻⁵"]);
    check.value = true;
    // One failure is a record among others.
    measured.push(recordWith({ failure: "crash" }), recordWith());
    expect(await run.run(context, { suite: "embedded", out })).toBeUndefined();
    measured.pop();
    expect(await run.run(context, { suite: "embedded", out })).toBe("failed");
    expect(lines.at(-1)).toContain("None of the measurements");
  } finally {
    await rm(out, { recursive: true });
  }
});
