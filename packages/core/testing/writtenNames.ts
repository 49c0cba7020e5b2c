// Where the sources write names as text: for tests that hold a thing's facts in the thing's own file.
import { readdirSync, readFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

export interface SourceText {
  /** Path within the repository. */
  readonly file: string;
  readonly line: number;
  /** The text, or the source of a regular expression. */
  readonly text: string;
  readonly kind: "text" | "regular expression";
  /** What stands before it, up to 80 characters. */
  readonly before: string;
}

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** All texts and regular expressions of the packages' sources, tests aside. */
export function* sourceTexts(): Generator<SourceText> {
  for (const name of readdirSync(join(root, "packages")))
    for (const file of sourcesIn(join(root, "packages", name, "src"))) {
      const source = readFileSync(file, "utf8");
      for (const { 0: all, index, groups } of source.matchAll(tokens)) {
        if (all.startsWith("//") || all.startsWith("/*")) continue;
        const { regex } = groups!;
        yield {
          file: relative(root, file).replaceAll("\\", "/"),
          line: source.slice(0, index).split("\n").length,
          text: regex ?? all.slice(1, -1),
          kind: regex === undefined ? "text" : "regular expression",
          before: source.slice(Math.max(0, index - 80), index),
        };
      }
    }
}

/** Comments, texts, and regular expressions where one may begin. */
const tokens =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`|(?<=[(,=:[!&|?{};\n]\s*)\/(?<regex>(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+)\/[a-z]*/g;

function sourcesIn(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === "__snapshots__" ? [] : sourcesIn(path);
    return /\.(ts|js)$/.test(entry.name) && !/\.(test|data|d)\.ts$/.test(entry.name) ? [path] : [];
  });
}

/** Whether a file is the one of the thing with that name: `conv2d.ts` of Conv2D, wherever it lies. */
export const isOwnFile = (file: string, name: string): boolean =>
  basename(file)
    .replace(/\.\w+$/, "")
    .toLowerCase() === name.toLowerCase();
