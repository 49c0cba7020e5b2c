import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { isCajalError } from "@cajal/core";
import { describe, expect, it } from "vitest";
import { recordWith } from "../../testing/record";
import { type BenchRecord, parseRecords } from "./record";

const record = recordWith({ n: 10, median_ms: 1, versions: { node: "20" }, host: "here" });

const failure = (text: string) => {
  try {
    parseRecords(text, "x.json");
  } catch (error) {
    if (isCajalError(error)) return error;
    throw error;
  }
  throw new Error("it did not fail");
};

describe("records", () => {
  it("are read from lines, a list and a report", () => {
    const other = { ...record, batch: 8, top1: 0.5 };
    for (const text of [
      `\n${JSON.stringify(record)}\r\n${JSON.stringify(other)}\n`,
      JSON.stringify([record, other], null, 2),
      JSON.stringify({ format: "cajal-report-1", records: [record, other] }, null, 1),
    ])
      expect(parseRecords(text, "x")).toEqual([record, other]);
    const path = fileURLToPath(new URL("../../fixtures/report.json", import.meta.url));
    expect(parseRecords(readFileSync(path, "utf8"), path).length).toBeGreaterThan(5);
  });

  it.each<[keyof BenchRecord, unknown]>([
    ["median_ms", "1"],
    ["median_ms", null],
    ["median_ms", -1],
    ["p90_ms", -0.001],
    ["rss_mb", [1]],
    ["top1", 1.01],
    ["batch", 0],
    ["batch", 1.5],
    ["n", -1],
    ["phase", "sleep"],
    ["phase", "constructor"],
    ["model", 5],
    ["versions", { node: 20 }],
    ["versions", null],
  ])("with %s %j are refused, with the line", (field, value) => {
    const bad = { ...record, [field]: value };
    const lines = failure(`${JSON.stringify(record)}\n\n${JSON.stringify(bad)}`);
    expect(lines).toMatchObject({ code: "bad-file", facts: { line: 3, field } });
    expect(lines.message).toContain("x.json, line 3");
    const list = JSON.stringify([record, bad], null, 2);
    expect(failure(list).facts.line).toBe(list.split("\n").lastIndexOf("  {") + 1);
    const report = JSON.stringify({ title: '[{"', x: [[1]], records: [record, bad] }, null, 2);
    expect(failure(report).facts.line).toBe(report.split("\n").lastIndexOf("    {") + 1);
  });

  it("are refused where they are none", () => {
    for (const [text, line] of [
      ["[1]", 1],
      [`{"suite":`, 1],
      [`\n[\n\n  null]`, 4],
      ["{}", 1],
    ] as const)
      expect(failure(text)).toMatchObject({ code: "bad-file", facts: { line } });
  });

  it("are told apart from what only looks like a field", () => {
    const inherited = JSON.stringify(record).replace(
      '"suite":"speed"',
      '"__proto__":{"suite":"x"}',
    );
    expect(failure(inherited)).toMatchObject({ facts: { field: "suite" } });
  });
});
