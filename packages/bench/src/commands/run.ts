// cajal run: a suite, and its report.
import { resolve } from "node:path";
import { checkWritableFolder } from "@cajal/files/node";
import { CajalError } from "@cajal/core";
import type { Shard, SuiteSettings } from "../suites/suite";
import { highlights } from "../report/highlights";
import { runSuite } from "../suites/runSuite";
import { reportFiles, writeReport } from "../report/write";
import { defineCommand } from "./shared/defineCommand";
import { argument, flag, list, number, numbers, text } from "./shared/parameters";
import { preprocess } from "./shared/preprocess";

const defaultOut = "cajal-report";

export const run = defineCommand({
  name: "run",
  examples: [
    ["cajal run", "the suite on embedded data; nothing is downloaded"],
    ["cajal run table --device gpu", "the ten networks of Keras' table on your graphics card"],
    ["cajal run speed --models mobilenet --batch 1,8", "times, memory, share of the peak"],
    ["cajal run accuracy --data imagenet/val", "top-1 and top-5, published errors beside"],
    ["cajal run learn --datasets digits,mnist", "small networks from scratch"],
    ["cajal run table --queue redis://host:6379", "measured by cajal worker, on any machines"],
    ["cajal run --seed 7 --out seven", "another seed, another folder"],
    ["cajal run --json > records.jsonl", "the measurements, one JSON line each"],
  ],
  arguments: {
    suite: argument("embedded, table, speed, accuracy, learn or transfer", { default: "embedded" }),
  },
  options: {
    models: list("<names>", "networks, or files; default: the suite's"),
    engines: list("<names>", "engines; default: all that are here"),
    device: list("<names>", "devices: names, auto, gpu, or all that work"),
    batch: numbers("<sizes>", "batch sizes", { least: 1 }),
    datasets: list("<names>", "data sets to learn: digits, mnist, cifar10"),
    data: text("<folder>", "labelled images, or the files of data sets"),
    preprocess,
    rounds: number("<n>", "turns that each timed measurement has", { least: 1 }),
    examples: number("<n>", "examples that are learned from, or judged", { least: 1 }),
    threads: number("<n>", "threads of an engine that has them", { least: 1 }),
    shard: text("<i/n>", "the i-th of n parts, for machines that share a suite; see cajal merge"),
    queue: text(
      "<redis>",
      "Redis server, such as redis://host:6379, whose workers measure; see cajal worker",
    ),
    fresh: flag("measures anew what the folder has records of"),
  },
  out: text("<folder>", "where the report goes; of suites that have a name, cajal-<suite>", {
    default: defaultOut,
  }),
  async run({ output, progress, seed, signal }, { suite, fresh, shard, queue, ...options }) {
    const { engines, models, datasets, data, preprocess, rounds, examples, threads } = options;
    const settings: SuiteSettings = {
      engines,
      models,
      datasets,
      data,
      preprocess,
      rounds,
      examples,
      threads,
      devices: options.device,
      batches: options.batch,
    };
    const out = options.out === defaultOut && suite !== "embedded" ? `cajal-${suite}` : options.out;
    await checkWritableFolder(out, reportFiles);
    const part = {
      ...(shard !== undefined && { shard: shardOf(shard) }),
      ...(queue !== undefined && { queue }),
    };
    for await (const event of runSuite(suite, {
      seed,
      signal,
      settings,
      folder: out,
      fresh: fresh ?? false,
      ...part,
    }))
      // prettier-ignore
      switch (event.type) {
        case "stage":
          progress.start(event.title);
          break;
        case "progress":
          progress.update(event.done, event.note);
          break;
        case "stage-end":
          progress.finish(event.result === "" ? undefined : event.result);
          break;
        case "note":
          progress.say(event.text);
          break;
        case "record":
          output.line(event.record);
          break;
        case "end": {
          const { report } = event;
          const paths = await writeReport(out, report);
          const failedChecks = report.checks.filter(({ held }) => !held);
          for (const { name, got, expected } of failedChecks)
            progress.say(`NOT HELD: ${name}: ${got}, expected ${expected}`);
          // What fails now and then is a record among others; a run of nothing else has failed.
          const isNothing = report.records.length > 0 && report.records.every(({ failure }) => failure !== undefined); // prettier-ignore
          if (isNothing) progress.say("None of the measurements gave a number; the report has the reasons."); // prettier-ignore
          output.text(
            [
              "",
              ...highlights(report).map(({ value, text }) => `  ${value.padStart(9)}  ${text}`),
              "",
              report.checks.length === 0
              ? "The report:"
              : `${report.checks.length - failedChecks.length} of ${report.checks.length} checks held. The report:`,
              ...paths.map((path) => `  ${resolve(path)}`),
            ].join("\n"),
          );
          return failedChecks.length === 0 && !isNothing ? undefined : "failed";
        }
      }
  },
});

function shardOf(text: string): Shard {
  const [, index = 0, count = 0] = /^(\d+)\/(\d+)$/.exec(text)?.map(Number) ?? [];
  if (index < 1 || count < index)
    throw new CajalError(
      "bad-argument",
      `run: got --shard ${text}, expected i/n with i from 1 to n, such as 1/4.`,
      { shard: text },
    );
  return { index, count };
}
