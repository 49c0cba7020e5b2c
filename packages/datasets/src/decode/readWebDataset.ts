// WebDataset: a tar archive in which files that share a name up to the first dot are one sample
// (github.com/webdataset/webdataset).
import { CajalError, checkArgument, checkOptions } from "@cajal/core";
import { readTar } from "@cajal/files";

export interface WebDatasetSample {
  /** Folder and name up to its first dot: `cifar.v1/0003`. */
  readonly key: string;
  /** Contents by extension, which is what follows that dot: `image.jpg`. */
  readonly fields: ReadonlyMap<string, Uint8Array>;
}

/**
 * The samples of an archive, one in memory at a time, in order.
 *
 * @param chunks the archive, unpacked from its compression
 * @param options.name what to call it in messages
 * @param options.limit bytes that a file has at most; default 2²⁶
 * @throws CajalError `bad-file` for a damaged archive, and for a sample that has an extension twice
 */
export async function* readWebDataset(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: { name: string; limit?: number },
): AsyncGenerator<WebDatasetSample, void, undefined> {
  checkArgument("readWebDataset", "chunks", chunks, "asyncIterable");
  checkOptions("readWebDataset", options, ["name", "limit"]);
  const { name: archive, limit = 2 ** 26 } = options;
  let key: string | undefined;
  let fields = new Map<string, Uint8Array>();
  for await (const { name, content } of readTar(chunks, { name: archive, limit })) {
    const sample = sampleName(name);
    if (sample === undefined) continue;
    const { extension } = sample;
    if (key !== undefined && sample.key !== key) {
      yield { key, fields };
      fields = new Map();
    }
    key = sample.key;
    if (fields.has(extension))
      throw new CajalError("bad-file", `${archive}: the sample ${key} has ${extension} twice.`, { name: archive, key }); // prettier-ignore
    fields.set(extension, content);
  }
  if (key !== undefined) yield { key, fields };
}

/** The sample that a file is of; files without an extension belong to none. */
export function sampleName(path: string): { key: string; extension: string } | undefined {
  const [, key, extension] = /^((?:.*\/)?[^/.]+)\.([^/]*)$/.exec(path) ?? [];
  return key === undefined ? undefined : { key, extension: extension! };
}
