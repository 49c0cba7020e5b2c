import { isAbsolute, relative, sep } from "node:path";
import { CajalError } from "@cajal/core";

/**
 * Checks that a run does not write into the class folders that it reads, where its folder would be a class of the next.
 *
 * @throws CajalError `bad-argument`
 */
export function checkOutside(out: string, data: string): void {
  const below = relative(data, out);
  if (below.split(sep)[0] === ".." || isAbsolute(below)) return;
  throw new CajalError(
    "bad-argument",
    `--out ${out}: it lies in --data ${data}, where each folder is a class. Choose a place outside.`,
    { out, data },
  );
}
