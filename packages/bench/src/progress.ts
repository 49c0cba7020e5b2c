// Progress on standard error: on a terminal one live line per stage, otherwise one plain line when a stage ends.
import { printable, printableLine } from "./text/printable";
import { duration } from "./text/format";

export interface Progress {
  /** Begins a stage, ending the previous one. */
  start(title: string): void;
  /** @param done share of the stage that is done, 0–1 */
  update(done: number, note?: string): void;
  /** Ends the stage with its result. */
  finish(result?: string): void;
  /** Prints a line. */
  say(line: string): void;
  /** Removes the live line, when interrupted. */
  clear(): void;
}

interface Stream {
  isTTY?: boolean;
  columns?: number;
  write(text: string): unknown;
}

/**
 * @param options.now a clock in milliseconds; tests supply their own
 */
export function createProgress(
  stream: Stream = process.stderr,
  { now = () => performance.now() }: { now?: () => number } = {},
): Progress {
  const alive = stream.isTTY === true;
  let stage: { title: string; startTime: number } | undefined;
  let lastDrawn = -Infinity;

  const draw = (line: string) => {
    const width = (stream.columns ?? 80) - 1;
    stream.write(`\r\u001b[K${line.length > width ? `${line.slice(0, width - 1)}…` : line}`);
  };
  const clear = () => {
    if (alive && stage !== undefined) stream.write("\r\u001b[K");
  };

  return {
    start(name) {
      const title = printableLine(name);
      stage = { title, startTime: now() };
      lastDrawn = -Infinity;
      if (alive) draw(`◌ ${title}`);
    },
    update(done, note = "") {
      // At most ten times a second: redrawing at every step would cost more than the step.
      if (!alive || stage === undefined || now() - lastDrawn < 100) return;
      lastDrawn = now();
      const elapsed = (lastDrawn - stage.startTime) / 1000;
      const remainingSeconds =
        done > 0.02 && elapsed > 0.5 ? (elapsed / done) * (1 - done) : undefined;
      // The most important part comes first: a narrow terminal truncates the line.
      draw(
        [
          `◌ ${stage.title}  ${bar(done)} ${String(Math.floor(100 * done)).padStart(3)} %`,
          remainingSeconds === undefined ? "" : `${duration(remainingSeconds)} left`,
          printableLine(note),
        ]
          .filter((part) => part !== "")
          .join("  "),
      );
    },
    finish(result) {
      if (stage === undefined) return;
      const seconds = duration((now() - stage.startTime) / 1000);
      clear();
      stream.write(
        `${alive ? "● " : ""}${stage.title}${result === undefined ? "" : `: ${printable(result)}`} (${seconds})\n`,
      );
      stage = undefined;
    },
    say(line) {
      clear();
      stream.write(`${printable(line)}\n`);
    },
    clear,
  };
}

/** `━━━━───────` */
function bar(done: number): string {
  const width = 16;
  const filled = Math.round(Math.min(1, Math.max(0, done)) * width);
  return "━".repeat(filled) + "─".repeat(width - filled);
}
