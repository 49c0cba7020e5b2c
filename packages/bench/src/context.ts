// The context of commands, and their exit codes. Modules that only some calls need are imported when they are needed, so
// that the help is fast.
import { isCajalError } from "@cajal/core";
import { createOutput, type Output } from "./output";
import { printable } from "./text/printable";
import { createProgress, type Progress } from "./progress";

export interface CommonOptions {
  json?: boolean;
  out?: string;
  seed: number;
}

export interface Context {
  output: Output;
  progress: Progress;
  seed: number;
  /** Aborts when the user interrupts. */
  signal: AbortSignal;
}

/** "failed" where the call was valid and its result is negative: a failed check, a regression. */
export type Outcome = void | "failed";

/** Runs a command's body; sets the exit code: 0 done, 1 failed, 2 invalid call, 130 interrupted. */
export async function withContext(
  { json, out, seed }: CommonOptions,
  body: (context: Context) => Promise<Outcome>,
): Promise<void> {
  const controller = new AbortController();
  const { signal } = controller;
  const interrupt = () => controller.abort();
  // Only once: a second interrupt ends the process at once.
  process.once("SIGINT", interrupt);
  process.once("SIGTERM", interrupt);
  const progress = createProgress();
  const output = createOutput({ json, out });
  try {
    // Checked before the work whose result it takes.
    if (out !== undefined) {
      const { checkWritable } = await import("@cajal/files/node");
      await checkWritable(out);
    }
    const outcome = await body({ output, progress, seed, signal });
    await output.close();
    process.exitCode = outcome === "failed" ? 1 : 0;
  } catch (error) {
    progress.clear();
    if (signal.aborted) {
      process.stderr.write("Interrupted; nothing half-written is left.\n");
      process.exitCode = 130;
    } else process.exitCode = exitCode(error);
  } finally {
    process.removeListener("SIGINT", interrupt);
    process.removeListener("SIGTERM", interrupt);
  }
}

/** Prints an error, and returns its exit code. */
export function exitCode(error: unknown): 1 | 2 {
  if (isCajalError(error)) {
    process.stderr.write(printable(`cajal: ${error.message}\n`));
    const { code } = error;
    return code === "unknown-name" || code === "unknown-option" || code === "bad-argument" ? 2 : 1;
  }
  // Not a CajalError: its stack is printed.
  process.stderr.write(
    printable(
      `cajal: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    ),
  );
  return 1;
}
