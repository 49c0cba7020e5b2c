// cajal compare: exits 1 where something became slower, larger or less accurate, or is not measured any more.
import { CajalError } from "@cajal/core";
import { compare as compareRecords } from "../measure/compare";
import { median } from "../measure/statistics";
import { times } from "../text/format";
import { textTable } from "../text/tables";
import { readInput } from "../readInput";
import { type BenchRecord, parseRecords } from "../measure/record";
import { defineCommand } from "./shared/defineCommand";
import { argument, fraction } from "./shared/parameters";

export const compare = defineCommand({
  name: "compare",
  examples: [
    ["cajal compare before.json after.json", "reports, or records as JSON lines"],
    ["cajal compare before.jsonl after.jsonl --threshold 0.05", "5 % slower is a regression"],
  ],
  arguments: {
    before: argument("report.json, or records", { required: true }),
    after: argument("the same of another run", { required: true }),
  },
  options: {
    threshold: fraction("<share>", "what counts: 0.1 is 10 % slower or 10 % more memory", {
      default: 0.1,
    }),
    surely: fraction("<share>", "what counts of times whose rounds tell them from noise", {
      default: 0.02,
    }),
    accuracyThreshold: fraction("<share>", "what counts of accuracy, in its own units", {
      default: 0.005,
    }),
  },
  async run({ output, progress }, { before, after, threshold, surely, accuracyThreshold }) {
    const [beforeRecords, afterRecords] = await Promise.all([
      readReport(before),
      readReport(after),
    ]);
    const result = compareRecords(beforeRecords, afterRecords, {
      threshold,
      surely,
      accuracyThreshold,
    });
    if (result.comparisons.length === 0)
      throw new CajalError(
        "bad-argument",
        `${before} and ${after} have no measurement in common: nothing was compared.`,
        { before, after },
      );
    output.document(result);
    output.text(
      textTable(
        ["measurement", "of", "before", "after", "ratio", "95 %", ""],
        result.comparisons.map(({ what, measure, before, after, ratio, interval, verdict }) => [
          what,
          measure,
          figures(before),
          figures(after),
          interval === undefined ? times(ratio) : `${ratio.toFixed(3)}×`,
          interval === undefined ? "" : interval.map((end) => end.toFixed(3)).join("–"),
          verdict === "same" ? "" : verdict,
        ]),
      ),
    );
    const paces = result.comparisons.flatMap(({ machine }) => machine ?? []);
    const pace = paces.length === 0 ? 1 : median(paces);
    if (Math.abs(Math.log(pace)) > Math.log(1.05))
      progress.say(`The machine itself was ${pace > 1 ? "slower" : "faster"}: a fixed calculation beside the rounds took ${pace.toFixed(2)} times as long. The intervals allow for that.`); // prettier-ignore
    const hosts = new Set([...beforeRecords, ...afterRecords].map(({ host }) => host));
    if (hosts.size > 1)
      progress.say(
        `Not of one machine: ${[...hosts].join("; ")}. Times of two machines say little.`,
      );
    for (const what of result.onlyBefore)
      progress.say(`No longer measured, only in ${before}: ${what}`);
    for (const what of result.onlyAfter) progress.say(`only in ${after}: ${what}`);
    // A measurement that is missing now may hide a regression.
    const regressed = result.comparisons.some(({ verdict }) => verdict === "regression");
    return regressed || result.onlyBefore.length > 0 ? "failed" : undefined;
  },
});

const readReport = async (path: string): Promise<BenchRecord[]> =>
  parseRecords(new TextDecoder().decode(await readInput(path)), path);

const figures = (value: number): string => String(Number(value.toPrecision(4)));
