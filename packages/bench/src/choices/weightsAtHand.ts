// Whether a network's weights are on this machine, or how much must be downloaded.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "@cajal/files/node";
import { modelFacts, weightFile } from "@cajal/models";
import { isFile } from "./isFile";

/**
 * Megabytes (2²⁰ bytes) to download before a network can be used with its published weights: 0 where they are on this
 * machine, Infinity where none were published or its file does not exist.
 *
 * @param model a name, or a path
 * @throws CajalError `unknown-name`
 */
export function megabytesToFetch(model: string): number {
  if (isFile(model)) return existsSync(model) ? 0 : Infinity;
  const facts = modelFacts(model);
  if (facts.weights.length === 0) return Infinity;
  const name = weightFile(facts).urls[0]!.split("/").at(-1)!;
  const mirror = process.env.CAJAL_WEIGHTS;
  const folders = [
    ...(mirror && !/^https?:/i.test(mirror) ? [mirror] : []),
    join(cacheFolder(), "weights"),
  ];
  return folders.some((folder) => existsSync(join(folder, name))) ? 0 : (facts.published?.size ?? Infinity); // prettier-ignore
}
