// cajal merge: records of several machines, or of other libraries, as one report.
import { join, resolve } from "node:path";
import { CajalError } from "@cajal/core";
import { checkWritableFolder, writeWhole } from "@cajal/files/node";
import { environment } from "../measure/environment";
import { mergeRecords } from "../measure/records";
import { shellWord } from "../text/asTyped";
import { whole } from "../text/format";
import type { Report } from "../report/report";
import { reportFiles, writeReport } from "../report/write";
import { suites } from "../suites";
import { journalName } from "../suites/cells/journal";
import { defineCommand } from "./shared/defineCommand";
import { text, words } from "./shared/parameters";
import { readRun } from "./shared/readRun";

export const merge = defineCommand({
  name: "merge",
  examples: [
    ["cajal merge part-1 part-2 part-3", "folders that cajal run --shard 1/3 … has written"],
    ["cajal merge cajal-table pytorch.jsonl --out both", "another library's beside ours"],
  ],
  arguments: { from: words("folders of runs, or files of records", { required: true }) },
  out: text("<folder>", "where the report goes", { default: "cajal-merged" }),
  async run({ output, seed }, { from, out }) {
    await checkWritableFolder(out, [...reportFiles, journalName]);
    const all = (await Promise.all(from.map(readRun))).flat();
    const [name = ""] = all.map(({ suite }) => suite);
    const suite = suites.find((each) => each.name === name);
    const other = all.find((record) => record.suite !== name);
    if (suite?.sections === undefined || other !== undefined)
      throw new CajalError(
        "bad-argument",
        other === undefined
          ? `${from.join(", ")}: got records of suite ${JSON.stringify(name)}, expected one of ${suites.filter((each) => each.sections).map((each) => each.name).join(", ")}.` // prettier-ignore
          : `got records of the suites ${name} and ${other.suite}, expected those of one.`,
        { suite: name },
      );
    const records = mergeRecords(all);
    const hosts = [...new Set(records.map(({ host }) => host))];
    const times = records.map(({ at }) => at).sort();
    const report: Report = {
      format: "cajal-report-1",
      suite: name,
      title: suite.title,
      command: ["merge", ...from.map(shellWord)].join(" "),
      seed: records[0]?.seed ?? seed,
      at: times[0] ?? new Date().toISOString(),
      seconds: (Date.parse(times.at(-1) ?? "") - Date.parse(times[0] ?? "")) / 1000 || 0,
      environment: records[0]?.environment ?? environment(),
      versions: Object.assign({}, ...records.map(({ versions }) => versions)) as Record<string, string>, // prettier-ignore
      records,
      checks: [],
      sections: suite.sections(records),
    };
    await writeWhole(join(out, journalName), records.map((record) => `${JSON.stringify(record)}\n`).join("")); // prettier-ignore
    const paths = await writeReport(out, report);
    output.document({ records: records.length, of: all.length, hosts, files: paths });
    const others = all.length - records.length;
    output.text(
      [
        `${whole(records.length)} measurements of ${hosts.length} ${hosts.length === 1 ? "machine" : "machines"}.${hosts.length === 1 ? "" : " Times of different machines stand side by side; compare them with care."}`,
        ...(others === 0 ? [] : [`${whole(others)} more of the same measurements are left out: of each the latest counts.`]), // prettier-ignore
        ...paths.map((path) => `  ${resolve(path)}`),
      ].join("\n"),
    );
  },
});
