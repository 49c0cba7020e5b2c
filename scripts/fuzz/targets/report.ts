import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseReport, type Report, reportHtml, reportMarkdown } from "@cajal/bench";
import { mutateValue } from "../mutateValue";
import { defineTarget } from "../target";

const fixture = new URL("../packages/bench/fixtures/report.json", import.meta.url);

export const report = defineTarget<string>({
  name: "report",
  corpus() {
    const whole = JSON.parse(readFileSync(fileURLToPath(fixture), "utf8")) as Report;
    const records = whole.records.slice(0, 3);
    // A few of everything: what is drawn takes longer than what is mutated.
    const sections = whole.sections.map((section) =>
      section.type === "pca"
        ? { ...section, points: section.points.slice(0, 3) }
        : section.type === "predictions"
          ? { ...section, misread: section.misread.slice(0, 1) }
          : section,
    );
    return sections.map((section) => JSON.stringify({ ...whole, records, sections: [section] }));
  },
  mutate: (text, random) => JSON.stringify(mutateValue(JSON.parse(text), random)) ?? "",
  read(text) {
    const report = parseReport(text);
    const drawn = reportHtml(report) + reportMarkdown(report);
    if (drawn.includes("<script")) throw new Error("a script");
  },
});
