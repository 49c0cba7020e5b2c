// What a run of a suite found, as plain data: report.json is this, and the Markdown and the page
// are drawn from it.
import type { Check } from "../measure/check";
import type { Environment } from "../measure/environment";
import type { BenchRecord } from "../measure/record";
import type { Section } from "./sections";

export interface Report {
  format: "cajal-report-1";
  suite: string;
  title: string;
  seed: number;
  /** What was typed after `cajal`, without options; default: `run` and the suite's name. */
  command?: string;
  /** The options that were typed, with the seed; default: the seed alone. */
  options?: string;
  /** When the run began, ISO 8601. */
  at: string;
  /** How long it took. */
  seconds: number;
  environment: Environment;
  /** Package → version: Cajal and the engines that took part. */
  versions: Record<string, string>;
  records: BenchRecord[];
  checks: Check[];
  sections: Section[];
}

/** What does it again. */
export const commandOf = ({
  suite,
  seed,
  command = `run ${suite}`,
  options = `--seed ${seed}`,
}: Report): string => `cajal ${command} ${options}`;
