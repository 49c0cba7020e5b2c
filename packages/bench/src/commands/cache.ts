// cajal cache: what was fetched, listed, found, removed.
import { type CachedFile, cacheContents, cacheFolder, clearCache } from "@cajal/files/node";
import type { Context } from "../context";
import { textTable } from "../output";

export async function cache(
  { output, progress, signal }: Context,
  action: "list" | "where" | "clear",
): Promise<void> {
  const folder = cacheFolder();
  if (action === "where") {
    output.document({ folder });
    output.text(folder);
    return;
  }
  const { files, others } = await cacheContents(folder);
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  if (files.length > 0 && !output.json) {
    const table = list(files);
    if (action === "list") output.text(`${table}\n`);
    // Before they go.
    else progress.say(table);
  }
  const besides = others === 0 ? "" : `; ${count(others)} besides, which the cache did not make`;
  if (action === "clear") {
    await clearCache(folder, { signal });
    output.document({ folder, removed: files.length, bytes, others });
    output.text(`${count(files.length)} (${megabytes(bytes)}) removed from ${folder}${besides}`);
    return;
  }
  output.document({ folder, files, bytes, others });
  output.text(
    files.length === 0
      ? `${folder} holds nothing that was fetched${besides}`
      : `${megabytes(bytes)} in ${folder}${besides}`,
  );
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
