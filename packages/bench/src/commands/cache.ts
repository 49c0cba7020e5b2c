// cajal cache: lists, locates, checks and removes downloads.
import { createHash } from "node:crypto";
import { join } from "node:path";
import { isCajalError } from "@cajal/core";
import { dataSets, type SetFile } from "@cajal/datasets/node";
import {
  type CachedFile,
  cacheContents,
  cacheFolder,
  clearCache,
  readThrough,
} from "@cajal/files/node";
import type { Context, Outcome } from "../context";
import { textTable } from "../text/tables";
import { defineCommand } from "./shared/defineCommand";
import { choice } from "./shared/parameters";

const actions = ["list", "where", "verify", "prune", "clear"] as const;

export const cache = defineCommand({
  name: "cache",
  examples: [
    ["cajal cache", "what it holds"],
    ["cajal cache where", "where it is"],
    ["cajal cache verify", "reads every file of a known data set and compares its hash"],
    ["cajal cache prune", "removes what interrupted downloads have left"],
    ["cajal cache clear", "empties it"],
  ],
  arguments: { action: choice("what to do", actions, { default: "list" }) },
  run: (context, { action }) => act(context, action),
});

async function act(
  { output, progress, signal }: Context,
  action: (typeof actions)[number],
): Promise<Outcome> {
  const folder = cacheFolder();
  if (action === "where") {
    output.document({ folder });
    output.text(folder);
    return;
  }
  const { files, others } = await cacheContents(folder);
  if (action === "verify") return verify({ output, progress }, folder, files, signal);
  if (action === "prune") {
    const remaining = files.filter(({ path }) => isUnfinished(path));
    if (remaining.length > 0) progress.say(list(remaining));
    await clearCache(folder, { signal, unfinished: true });
    const freedBytes = remaining.reduce((sum, file) => sum + file.bytes, 0);
    output.document({ folder, removed: remaining.length, bytes: freedBytes });
    output.text(`${count(remaining.length)} (${megabytes(freedBytes)}) of interrupted downloads removed from ${folder}`); // prettier-ignore
    return;
  }
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  if (files.length > 0 && !output.json) {
    const table = list(files);
    if (action === "list") output.text(`${table}\n`);
    // Listed before they are removed.
    else progress.say(table);
  }
  const otherFiles = others === 0 ? "" : `; ${count(others)} besides, which the cache did not make`;
  if (action === "clear") {
    await clearCache(folder, { signal });
    output.document({ folder, removed: files.length, bytes, others });
    output.text(`${count(files.length)} (${megabytes(bytes)}) removed from ${folder}${otherFiles}`);
    return;
  }
  output.document({ folder, files, bytes, others });
  output.text(
    files.length === 0
      ? `${folder} holds nothing that was fetched${otherFiles}`
      : `${megabytes(bytes)} in ${folder}${otherFiles}`,
  );
}

const isUnfinished = (path: string) => /\.part(\.json)?$/.test(path);

/** Reads the files whose hashes the data sets' facts have. */
async function verify(
  { output, progress }: Pick<Context, "output" | "progress">,
  folder: string,
  files: readonly CachedFile[],
  signal: AbortSignal,
): Promise<Outcome> {
  const published = new Map(
    dataSets.flatMap(({ name, files }) => files.map((file) => [join(name, file.name), file] as const)), // prettier-ignore
  );
  const results: { path: string; state: "right" | "damaged" | "unknown" }[] = [];
  for (const { path } of files.filter((file) => !isUnfinished(file.path))) {
    signal.throwIfAborted();
    const file = published.get(path);
    progress.say(`reading ${path}`);
    const state = file === undefined ? "unknown" : (await isRight(join(folder, path), file, signal)) ? "right" : "damaged"; // prettier-ignore
    results.push({ path, state });
  }
  output.document({ folder, files: results });
  const says = { right: "right", damaged: "DAMAGED", unknown: "no hash is known" };
  const table = textTable(["file", "is"], results.map(({ path, state }) => [path, says[state]])); // prettier-ignore
  output.text(results.length === 0 ? `${folder} holds nothing that was fetched` : table);
  return results.some(({ state }) => state === "damaged") ? "failed" : undefined;
}

async function isRight(path: string, file: SetFile, signal: AbortSignal): Promise<boolean> {
  // Mirrors compress a .gz differently: the hash of its content is checked where there is one.
  const [kind, expected] = file.contentMd5 !== undefined ? (["md5", file.contentMd5] as const) : file.sha256 !== undefined ? (["sha256", file.sha256] as const) : (["md5", file.md5!] as const); // prettier-ignore
  const hash = createHash(kind);
  try {
    await readThrough(path, { gzip: file.contentMd5 !== undefined, signal }, async (pieces) => {
      for await (const chunk of pieces) hash.update(chunk);
    });
  } catch (error) {
    if (isCajalError(error, "bad-file")) return false;
    throw error;
  }
  return hash.digest("hex") === expected;
}

const list = (files: readonly CachedFile[]): string =>
  textTable(
    ["size", "fetched", "file"],
    files.map(({ path, bytes, modified }) => [
      megabytes(bytes),
      modified.toISOString().slice(0, 10),
      path,
    ]),
  );

const count = (files: number): string => `${files} ${files === 1 ? "file" : "files"}`;

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
