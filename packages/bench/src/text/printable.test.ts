import { expect, it } from "vitest";
import { createOutput } from "../output";
import { createProgress } from "../progress";
import { printable, printableJson, printableLine } from "./printable";
import { textTable } from "./tables";

/** Red, a title of the window (ended by BEL), C1's one-byte CSI, a turned direction. */
const hostile = "\u001b[31mred\u001b]0;title\u0007\u009b2J\u202etxt";
const shown = "\\x1b[31mred\\x1b]0;title\\x07\\x9b2J\\u202etxt";

it("shows control characters as escapes, and leaves all else", () => {
  expect(printable(`${hostile}\nnext\tü ✓ 模型`)).toBe(`${shown}\nnext\tü ✓ 模型`);
  expect(printableLine("a\nb\r\tc\u2028d")).toBe("a\\nb\\r\\tc\\u2028d");
  const json = printableJson(JSON.stringify({ name: hostile }));
  expect(json).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/); // oxlint-disable-line no-control-regex
  expect(JSON.parse(json)).toEqual({ name: hostile });
});

it("keeps a name in its cell of a table", () => {
  expect(
    textTable(
      ["name", "n"],
      [
        ["a\nb", "1"],
        [hostile, "2"],
      ],
    ),
  ).toBe(
    `name${" ".repeat(shown.length - 4)}  n\n${"─".repeat(shown.length)}  ─\na\\nb${" ".repeat(shown.length - 4)}  1\n${shown}  2`,
  );
});

it("holds for what commands print and for progress", () => {
  const written: string[] = [];
  const stream = { isTTY: true, write: (text: string) => written.push(text) };
  const progress = createProgress(stream, { now: () => 0 });
  progress.start(hostile);
  progress.update(0.5, hostile);
  progress.say(hostile);
  progress.finish(hostile);
  // Its own control sequences are there, and no others.
  expect(written.join("").replaceAll("\r\u001b[K", "")).not.toContain("\u001b");
  expect(written.join("")).toContain(shown);

  const printed: string[] = [];
  const original = process.stdout.write.bind(process.stdout);
  process.stdout.write = (text: string | Uint8Array) => printed.push(String(text)) > 0;
  try {
    createOutput({}).text(hostile);
    createOutput({ json: true }).document({ hostile });
    createOutput({ json: true }).line({ hostile });
  } finally {
    process.stdout.write = original;
  }
  expect(printed[0]).toBe(`${shown}\n`);
  expect(printed.join("")).not.toMatch(/[\u001b\u009b\u202e]/); // oxlint-disable-line no-control-regex
});
