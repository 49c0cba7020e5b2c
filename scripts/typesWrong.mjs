// What arethetypeswrong says of packed packages, in a thread: in a process for each, as its command works, it would
// load its compiler every time, which is most of the work.
import { readFileSync } from "node:fs";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { problemKindInfo } from "@arethetypeswrong/core/problems";
import { answer, thread } from "./thread.mjs";

const { ask, end } = thread(import.meta.url);

/**
 * @param {string} tarball a packed package's path
 * @returns {Promise<string>} what is wrong with its types; "" for nothing
 */
export const typesWrong = (tarball) => ask({ tarball });

export const endTypesWrong = end;

answer(async ({ tarball }) => {
  const pkg = createPackageFromTarballData(new Uint8Array(readFileSync(tarball)));
  const { types, problems = [] } = await checkPackage(pkg);
  if (!types) return "It is packed without types.";
  return (
    problems
      // Subpath exports cannot resolve under node10, which predates them.
      .filter(({ resolutionKind }) => resolutionKind !== "node10")
      .map(
        ({ kind, ...where }) =>
          `${problemKindInfo[kind].title}: ${problemKindInfo[kind].description}\n  ${JSON.stringify(where)}`,
      )
      .join("\n")
  );
});
