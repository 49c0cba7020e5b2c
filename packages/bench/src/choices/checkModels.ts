import { existsSync } from "node:fs";
import { basename, dirname } from "node:path";
import { CajalError } from "@cajal/core";
import { isFile } from "./isFile";
import { recordName } from "./networks";

/** Name in records of a network that may be a file. */
export const judgedName = (model: string): string => {
  if (!isFile(model)) return recordName(model);
  return basename(model) === "model.json" ? basename(dirname(model)) : basename(model);
};

/**
 * Checks names of networks, or files, before the measurements begin: records tell networks apart by their names.
 *
 * @throws CajalError `unknown-name`; `bad-argument` for a file that is not there, or two of one name in records
 */
export function checkModels(suite: string, models: readonly string[]): void {
  const modelsByName = new Map<string, string>();
  for (const model of models) {
    const name = judgedName(model);
    if (isFile(model) && !existsSync(model))
      throw new CajalError("bad-argument", `${suite}: ${model} is not there. Check the path.`, { model }); // prettier-ignore
    const other = modelsByName.get(name);
    if (other !== undefined)
      throw new CajalError(
        "bad-argument",
        `${suite}: ${other} and ${model} are both called ${name} in records, which could not be told apart. ${isFile(model) ? "Give one of the files another name" : "Name it once"}.`,
        { models: [other, model] },
      );
    modelsByName.set(name, model);
  }
}
