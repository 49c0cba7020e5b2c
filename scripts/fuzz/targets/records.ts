import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Random } from "@cajal/core";
import { compare, parseRecords, type Report } from "@cajal/bench";
import { mutateBytes } from "../mutateBytes";
import { mutateValue } from "../mutateValue";
import { defineTarget } from "../target";

const fixture = new URL("../packages/bench/fixtures/report.json", import.meta.url);

/** Half of them damaged as text, half as values that JSON can write. */
export const records = defineTarget<string>({
  name: "records",
  corpus() {
    const report = JSON.parse(readFileSync(fileURLToPath(fixture), "utf8")) as Report;
    const few = report.records.slice(0, 3);
    return [
      JSON.stringify({ ...report, sections: [], records: few }),
      JSON.stringify(few),
      few.map((record) => JSON.stringify(record)).join("\n"),
      report.records.map((record) => JSON.stringify(record)).join("\n"),
    ];
  },
  mutate(text, random, corpus) {
    if (random.integer(2) === 0) return changedText(text, random, corpus);
    try {
      return JSON.stringify(mutateValue(JSON.parse(text), random)) ?? "";
    } catch {
      const lines = text.split("\n");
      const i = random.integer(lines.length);
      const mutated = JSON.stringify(mutateValue(JSON.parse(lines[i]!), random)) ?? "";
      return lines.with(i, mutated).join("\n");
    }
  },
  read(text) {
    const parsed = parseRecords(text, "records");
    return compare(parsed, parsed);
  },
});

function changedText(text: string, random: Random, corpus: readonly string[]): string {
  const bytes = mutateBytes(
    encoder.encode(text),
    random,
    corpus.map((other) => encoder.encode(other)),
  );
  return new TextDecoder().decode(bytes);
}

const encoder = new TextEncoder();
