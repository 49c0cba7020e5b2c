// cajal run: a suite, and its report.
import { resolve } from "node:path";
import { checkWritableFolder } from "@cajal/files/node";
import { highlights } from "../report/highlights";
import { runSuite } from "../suites/runSuite";
import { reportFiles, writeReport } from "../report/write";
import { defineCommand } from "./shared/defineCommand";
import { argument, text } from "./shared/parameters";

export const run = defineCommand({
  name: "run",
  summary: "run a suite and write a report: data to learning to engines",
  examples: [
    ["cajal run", "the suite on embedded data; nothing is downloaded"],
    ["cajal run --seed 7 --out seven", "another seed, another folder"],
    ["cajal run --json > records.jsonl", "the measurements, one JSON line each"],
  ],
  arguments: { suite: argument("which suite", { default: "embedded" }) },
  out: text("<folder>", "where the report goes", { default: "cajal-report" }),
  async run({ output, progress, seed, signal }, { suite, out }) {
    await checkWritableFolder(out, reportFiles);
    for await (const event of runSuite(suite, { seed, signal }))
      switch (event.type) {
        case "stage":
          progress.start(event.title);
          break;
        case "progress":
          progress.update(event.done, event.note);
          break;
        case "stage-end":
          progress.finish(event.result);
          break;
        case "record":
          output.line(event.record);
          break;
        case "end": {
          const { report } = event;
          const paths = await writeReport(out, report);
          const broken = report.checks.filter(({ held }) => !held);
          for (const { name, got, expected } of broken)
            progress.say(`NOT HELD: ${name}: ${got}, expected ${expected}`);
          output.text(
            [
              "",
              ...highlights(report).map(({ value, text }) => `  ${value.padStart(9)}  ${text}`),
              "",
              `${report.checks.length - broken.length} of ${report.checks.length} checks held. The report:`,
              ...paths.map((path) => `  ${resolve(path)}`),
            ].join("\n"),
          );
          return broken.length === 0 ? undefined : "failed";
        }
      }
  },
});
