// The formulations that were timed on this computer, in the cache folder: lines of JSON, appended, of which the first for a
// gradient counts. So processes that time the same at once end with the same choice, and the choice stays.
import { cacheFolder, cacheList } from "@cajal/core";
import { installedVersion } from "../../../device/installed";

/** A gradient's formulation, and the milliseconds by which it was chosen. */
export interface Measured {
  readonly key: string;
  readonly formulation: string;
  readonly times: Readonly<Record<string, number>>;
}

const file = "formulations.jsonl";

/** What times depend on besides the gradient: the processor, the threads, and the version of ONNX Runtime. */
function machine(threads: number | undefined): string {
  const { availableParallelism, cpus } = process.getBuiltinModule("node:os");
  const cores = availableParallelism();
  const processor = cpus()[0]?.model.trim() || process.arch;
  const runtime = installedVersion("onnxruntime-node") ?? "unknown";
  return `${processor}, ${cores} cores, ${threads ?? cores} threads, ONNX Runtime ${runtime}`;
}

/** Gradient → its formulation, as far as it was timed here. Writes nothing. */
export async function knownFormulations(threads: number | undefined): Promise<Map<string, string>> {
  const { readFile } = process.getBuiltinModule("node:fs/promises");
  const { join } = process.getBuiltinModule("node:path");
  const on = machine(threads);
  const known = new Map<string, string>();
  const text = await readFile(join(cacheFolder(), file), "utf8").catch(() => "");
  for (const line of text.split("\n")) {
    const entry = parsed(line);
    if (entry?.on === on && !known.has(entry.key)) known.set(entry.key, entry.formulation);
  }
  return known;
}

/**
 * Whether formulations can be kept; where they cannot, nothing should be timed either, for the next run might choose
 * otherwise. Makes the file.
 */
export async function canKeepFormulations(): Promise<boolean> {
  const { mkdir, open } = process.getBuiltinModule("node:fs/promises");
  const { join } = process.getBuiltinModule("node:path");
  try {
    const folder = cacheFolder();
    await mkdir(folder, { recursive: true });
    await (await open(join(folder, file), "a+")).close();
    return true;
  } catch {
    return false;
  }
}

/** A line's entry; undefined for what another program, or a process that was killed, has left. */
function parsed(line: string): { on: string; key: string; formulation: string } | undefined {
  try {
    const entry = JSON.parse(line) as unknown;
    if (typeof entry !== "object" || entry === null) return undefined;
    const { on, key, formulation } = entry as Record<string, unknown>;
    return typeof on === "string" && typeof key === "string" && typeof formulation === "string"
      ? { on, key, formulation }
      : undefined;
  } catch {
    return undefined;
  }
}

/** Adds what was timed; returns what is known now, where another process may have been first. */
export async function keepFormulations(
  threads: number | undefined,
  measured: readonly Measured[],
): Promise<Map<string, string> | undefined> {
  const { appendFile, readFile } = process.getBuiltinModule("node:fs/promises");
  const { join } = process.getBuiltinModule("node:path");
  const on = machine(threads);
  try {
    const folder = cacheFolder();
    const lines = measured.map((entry) => JSON.stringify({ on, ...entry }));
    // Each in one write, which is appended whole; first the end of a line that a killed process may have left open.
    await appendFile(join(folder, file), `\n${lines.join("\n")}\n`);
    const list = join(folder, cacheList);
    const entry = JSON.stringify({ file });
    const isListed = (await readFile(list, "utf8").catch(() => "")).split("\n").includes(entry);
    if (!isListed) await appendFile(list, `${entry}\n`);
  } catch {
    return undefined;
  }
  return knownFormulations(threads);
}
