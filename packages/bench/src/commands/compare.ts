// cajal compare: exits 1 where something became slower, larger or less accurate, or is not measured any more.
import { CajalError } from "@cajal/core";
import { comparePairs } from "../measure/comparePairs";
import { median } from "../measure/statistics";
import { times } from "../text/format";
import { textTable } from "../text/tables";
import { optionsOf } from "../suites/cells/journal";
import { defineCommand } from "./shared/defineCommand";
import { fraction, words } from "./shared/parameters";
import { readRun } from "./shared/readRun";

export const compare = defineCommand({
  name: "compare",
  examples: [
    ["cajal compare before.json after.json", "reports, or records as JSON lines"],
    ["cajal compare before.jsonl after.jsonl --threshold 0.05", "5 % slower is a regression"],
    ["cajal compare old-1 new-1 old-2 new-2 old-3 new-3 …", "pairs measured in turns: surer"],
  ],
  arguments: {
    runs: words("before and after: reports, records or folders of runs; or several such pairs", {
      required: true,
    }),
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
  async run({ output, progress }, { runs, threshold, surely, accuracyThreshold }) {
    if (runs.length % 2 !== 0)
      throw new CajalError(
        "bad-argument",
        `got ${runs.length === 1 ? "one run" : `${runs.length} runs`}, expected pairs: before, after, before, after …`,
        { runs },
      );
    const records = await Promise.all(runs.map(readRun));
    const pairs = records.flatMap((before, i) =>
      i % 2 === 0 ? [[before, records[i + 1]!] as const] : [],
    );
    const result = comparePairs(pairs, { threshold, surely, accuracyThreshold });
    if (result.comparisons.length === 0)
      throw new CajalError(
        "bad-argument",
        `${runs.join(" and ")} have no measurement in common: nothing was compared.`,
        { runs },
      );
    output.document(result);
    output.text(
      textTable(
        ["measurement", "of", "before", "after", "ratio", "99 %", ""],
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
    const hosts = new Set(records.flat().map(({ host }) => host));
    if (hosts.size > 1)
      progress.say(
        `Not of one machine: ${[...hosts].join("; ")}. Times of two machines say little.`,
      );
    const ways = new Set(records.flat().map(({ settings }) => optionsOf(settings)));
    if (ways.size > 1) progress.say(`Not measured alike: ${[...ways].join("; ")}.`);
    for (const what of result.onlyBefore) progress.say(`No longer measured, only before: ${what}`);
    for (const what of result.onlyAfter) progress.say(`Only after: ${what}`);
    // A measurement that is missing now may hide a regression.
    const regressed = result.comparisons.some(({ verdict }) => verdict === "regression");
    return regressed || result.onlyBefore.length > 0 ? "failed" : undefined;
  },
});

const figures = (value: number): string => String(Number(value.toPrecision(4)));
