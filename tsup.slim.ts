// Leaves out of the JavaScript what only its readers and its tests need: Node parses all of a package whenever a program
// starts, and one character beyond Latin-1, in a comment, doubles a file's text in memory and the time to decode it.
import { parse, type Node, type ObjectExpression } from "acorn";
import type { Options } from "tsup";

type Plugin = NonNullable<Options["plugins"]>[number];

/** A part of the code, and what comes in its place. */
interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Comments that bundlers read. */
const directive = /[@#]__[A-Z_]+__|@vite-ignore|webpack[A-Z]/;

/**
 * Takes the comments out, and empties the lists that are properties of these names in objects that are written out. What
 * was used there alone goes when Rollup shakes the tree, which is after this.
 */
export const slim = (emptied: readonly string[]): Plugin => ({
  name: "slim",
  renderChunk: (code, { path }) =>
    /\.c?js$/.test(path) ? { code: slimmed(code, emptied) } : undefined,
});

function slimmed(code: string, emptied: readonly string[]): string {
  const edits: Edit[] = [];
  const program = parse(code, {
    ecmaVersion: "latest",
    sourceType: "module", // of CommonJS too, which tsup makes of modules in the end
    onComment: (_isBlock, text, start, end) => {
      if (directive.test(text) || code.startsWith("#!", start)) return;
      edits.push({ ...wholeLine(code, start, end), text: "" });
    },
  });
  const visit = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    if (isObject(value))
      for (const property of value.properties) {
        if (property.type !== "Property" || property.key.type !== "Identifier") continue;
        const { name } = property.key;
        if (emptied.includes(name))
          edits.push({ start: property.start, end: property.end, text: `${name}: []` });
      }
    for (const child of Object.values(value)) visit(child);
  };
  visit(program);
  edits.sort((a, b) => a.start - b.start);
  let result = "";
  let at = 0;
  for (const { start, end, text } of edits) {
    if (start < at) continue; // within what is left out already
    result += code.slice(at, start) + text;
    at = end;
  }
  return result + code.slice(at);
}

const isObject = (value: object): value is ObjectExpression =>
  (value as Node).type === "ObjectExpression";

/** A comment, with its line where nothing else is on it. */
function wholeLine(code: string, start: number, end: number): { start: number; end: number } {
  const from = code.lastIndexOf("\n", start) + 1;
  const isAlone = code.slice(from, start).trim() === "" && (code[end] ?? "\n") === "\n";
  return isAlone ? { start: from, end: end + 1 } : { start, end };
}
