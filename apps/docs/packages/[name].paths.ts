// One page per public package: its README.
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { floors } from "../../../scripts/floors.mjs";

const root = fileURLToPath(new URL("../../../packages/", import.meta.url));
const readme = (name: string) => `${root}${name}/README.md`;

/** Folder names of the packages that have a README, from the ground up. */
export const packages = floors.flat().filter((name) => existsSync(readme(name)));

export default {
  watch: [`${root}*/README.md`],
  paths: () =>
    packages.map((name) => ({
      params: { name },
      content: readFileSync(readme(name), "utf8")
        // READMEs link each other by folder: ../models, ../models/README.md#layers.
        .replace(/\]\(\.\.\/(\w+)(?:\/README\.md|\/)?(#[^)]*)?\)/g, "](/packages/$1$2)"),
    })),
};
