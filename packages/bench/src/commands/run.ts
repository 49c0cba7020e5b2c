// cajal run: a suite, and its report.
import { resolve } from "node:path";
import { checkWritableFolder } from "@cajal/files/node";
import type { Context, Outcome } from "../context";
import { highlights } from "../report/highlights";
import { runSuite } from "../suites/runSuite";
import { reportFiles, writeReport } from "../report/write";

export async function run(
  { output, progress, seed, signal }: Context,
  suite: string,
  { out }: { out: string },
): Promise<Outcome> {
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
}
