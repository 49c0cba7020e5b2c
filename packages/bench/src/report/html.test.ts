// The page and the text against the numbers they are drawn from: a recorded run.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse, type DefaultTreeAdapterTypes, type ParserError } from "parse5";
import { describe, expect, it } from "vitest";
import { milliseconds, percent } from "../text/format";
import type { Report } from "./report";
import type { PredictionsSection } from "./sections/predictions";
import { reportHtml } from "./html";
import { reportMarkdown } from "./markdown";
import { el, render } from "./plots/markup";

type Node = DefaultTreeAdapterTypes.Node;
type Element = DefaultTreeAdapterTypes.Element;

const recorded = JSON.parse(
  readFileSync(fileURLToPath(new URL("../../fixtures/report.json", import.meta.url)), "utf8"),
) as Report;
const section = <T extends Report["sections"][number]["type"]>(type: T) =>
  recorded.sections.find((each) => each.type === type) as Extract<
    Report["sections"][number],
    { type: T }
  >;

/** All elements of a page, in document order. */
function elements(node: Node): Element[] {
  const inner = "childNodes" in node ? node.childNodes.flatMap(elements) : [];
  return "tagName" in node ? [node, ...inner] : inner;
}
const text = (node: Node): string =>
  node.nodeName === "#text"
    ? (node as DefaultTreeAdapterTypes.TextNode).value
    : "childNodes" in node
      ? node.childNodes.map(text).join("")
      : "";
const attribute = (element: Element, name: string) =>
  element.attrs.find((each) => each.name === name)?.value;
const withClass = (all: Element[], name: string) =>
  all.filter((element) => attribute(element, "class")?.split(" ").includes(name));
const figureOf = (all: Element[], id: string) =>
  all.find(
    (element) =>
      element.tagName === "svg" && attribute(element, "aria-labelledby")?.startsWith(`${id}-title`),
  )!;

describe("the page", () => {
  const html = reportHtml(recorded);
  const errors: ParserError[] = [];
  const all = elements(parse(html, { onParseError: (error) => errors.push(error) }));

  it("is well-formed HTML", () => {
    expect(errors).toEqual([]);
    // Where an end tag were missing, the parser would move elements out of their places.
    expect(all.filter(({ tagName }) => tagName === "section")).toHaveLength(6);
  });

  it("needs nothing else: no script, no address, no file", () => {
    const referring = all.filter((element) =>
      element.attrs.some(({ name }) =>
        ["src", "href", "xlink:href", "srcset", "data"].includes(name),
      ),
    );
    expect(referring.map(({ tagName }) => tagName)).toEqual([]);
    expect(all.filter(({ tagName }) => ["script", "link", "iframe"].includes(tagName))).toEqual([]);
    expect(html).not.toMatch(/https?:\/\/|url\(|@import/);
  });

  it("says every figure's name and content to those who cannot see it, under unique ids", () => {
    const ids = all.flatMap((element) => attribute(element, "id") ?? []);
    expect(new Set(ids).size).toBe(ids.length);
    const figures = all.filter((element) => attribute(element, "role") === "img");
    expect(figures.length).toBeGreaterThan(7);
    for (const figure of figures)
      for (const id of attribute(figure, "aria-labelledby")!.split(" ")) {
        const named = all.find((element) => attribute(element, "id") === id);
        expect(text(named!), id).not.toBe("");
      }
  });

  it("draws a point for every flower, in as many shapes as classes", () => {
    const points = withClass(elements(figureOf(all, "pca")), "point");
    expect(points).toHaveLength(section("pca").points.length);
    expect(new Set(points.map((point) => attribute(point, "d"))).size).toBe(3);
  });

  it("counts in the confusion matrix what the records say was read", () => {
    const { confusion, examples, misread } = section("predictions");
    const cells = withClass(elements(figureOf(all, "confusion")), "count")
      .map(text)
      .map(Number);
    expect(cells).toEqual(confusion.flat().filter((count) => count > 0));
    const accuracy = recorded.records.find(({ phase }) => phase === "accuracy")!;
    const right = confusion.reduce((sum, row, i) => sum + row[i]!, 0);
    expect(right / examples).toBeCloseTo(accuracy.top1!, 6);
    expect(misread).toHaveLength(examples - right);
  });

  it("shows every misread example with what was read and what it was", () => {
    const items = all.filter(
      (element) => element.tagName === "li" && text(element).includes("it was"),
    );
    expect(
      items.map((item) => /read (\d) \((\d+ %)\)it was (\d)/.exec(text(item))!.slice(1)),
    ).toEqual(
      section("predictions").misread.map(({ read, probability, truth }) => [
        String(read),
        percent(probability, 0),
        String(truth),
      ]),
    );
    // A pixel of ink for every pixel that has any.
    const [first] = section("predictions").misread;
    const drawn = withClass(elements(figureOf(all, `example-${first!.index}`)), "ink");
    expect(drawn).toHaveLength(first!.pixels.filter((ink) => ink > 0).length);
  });

  it("gives the times of the records, fastest first", () => {
    for (const batch of [1, 64]) {
      const times = recorded.records
        .filter((record) => record.phase === "predict" && record.batch === batch)
        .map((record) => record.median_ms!)
        .sort((a, b) => a - b);
      const shown = withClass(elements(figureOf(all, `latency-${batch}`)), "strong").map(text);
      expect(shown).toEqual(times.map(milliseconds));
    }
  });

  it("says of a check that did not hold that it did not", () => {
    const broken: Report = {
      ...recorded,
      checks: [{ name: "Engines <agree>", held: false, got: "1 & 2", expected: '"3"' }],
    };
    const page = elements(parse(reportHtml(broken)));
    const [item, ...more] = withClass(page, "broken");
    expect(more).toEqual([]);
    // Also: what is not markup is escaped.
    expect(text(item!)).toBe('✗Engines <agree>did not hold: 1 & 2 (expected "3")');
    expect(withClass(all, "broken")).toEqual([]);
    expect(withClass(all, "held")).toHaveLength(recorded.checks.length);
  });

  it("takes no value from a file as markup, and refuses what is no report", () => {
    // As text it is shown; an object in its place, whatever its keys, is an error.
    const script = '<script>alert("x")</script><img src=x onerror=alert(1)>';
    const named = { ...recorded, title: script, versions: { [script]: script } };
    for (const html of [reportHtml(named), reportHtml({ ...recorded, suite: script })])
      expect(elements(parse(html)).some(({ tagName }) => ["script", "img"].includes(tagName))).toBe(
        false,
      );
    const forged = JSON.parse(
      JSON.stringify({ ...recorded, title: { markup: script, toString: script } }),
    ) as Report;
    expect(() => reportHtml(forged)).toThrow(expect.objectContaining({ code: "bad-file" }));
    expect(() => reportMarkdown(forged)).toThrow(expect.objectContaining({ code: "bad-file" }));
    // The layer below holds, too.
    expect(() => render(el("p", {}, { markup: script } as never))).toThrow(TypeError);
  });

  it("takes names that JavaScript's objects have taken", () => {
    const records = recorded.records.map((record) => ({ ...record, engine: "constructor" }));
    const versions = JSON.parse('{"__proto__":"1","toString":"2"}') as Record<string, string>;
    const page = reportHtml({ ...recorded, records, versions });
    expect(page).not.toContain("native code");
    expect(text(parse(page))).toContain("constructor · cpu");
    expect(text(parse(page))).toContain("__proto__");
  });

  it("draws losses that are 0 or no numbers", () => {
    const learning = section("learning");
    const epochs = learning.epochs.map((epoch, i) => ({ ...epoch, loss: i === 1 ? 0 : epoch.loss, val_loss: NaN })); // prettier-ignore
    const sections = recorded.sections.map((each) => (each.type === "learning" ? { ...learning, epochs } : each)); // prettier-ignore
    for (const report of [
      { ...recorded, sections },
      JSON.parse(JSON.stringify({ ...recorded, sections })) as Report,
    ]) {
      // prettier-ignore
      const page = reportHtml(report);
      expect(page).not.toMatch(/NaN|Infinity|null/);
      expect(reportMarkdown(report)).toContain("| – |");
    }
  });

  it("draws a run in which all was read right", () => {
    const predictions = section("predictions");
    const perfect: PredictionsSection = { ...predictions, misread: [] };
    const page = reportHtml({
      ...recorded,
      sections: recorded.sections.map((each) => (each.type === "predictions" ? perfect : each)),
    });
    expect(page).toContain("All 359 held-out examples are read right.");
    expect(page).not.toContain("NaN");
  });
});

describe("the text", () => {
  it("passes no HTML, no links, no table's ends and no control characters", () => {
    const hostile = "<b>x</b> | [a](javascript:b) `c` *d* \u001b[31m\nnext";
    const markdown = reportMarkdown({
      ...recorded,
      title: hostile,
      suite: hostile,
      checks: [{ name: hostile, held: true, got: hostile, expected: hostile }],
      versions: { [hostile]: hostile },
    });
    expect(markdown).toContain(
      "# &lt;b&gt;x&lt;/b&gt; \\| \\[a\\](javascript:b) \\`c\\` \\*d\\* \ufffd\\[31m next\n",
    );
    const outsideOfCode = markdown.replaceAll(/`[^`\n]*`/g, "");
    expect(outsideOfCode).not.toMatch(/<b>|(?<!\\)\[a/);
    expect(markdown).not.toContain("\u001b");
  });

  it("says at which batch size times are", () => {
    const markdown = reportMarkdown(recorded);
    expect(markdown).toMatch(/\*\* to learn, \d+ epochs in batches of 32 on /);
    expect(markdown).toMatch(/\*\* a prediction, batch 1, on ONNX Runtime/);
    expect(markdown).toMatch(/\*\* as fast as TF\.js wasm, batch 1\n/);
  });

  it("holds the same numbers", () => {
    const markdown = reportMarkdown(recorded);
    const accuracy = recorded.records.find(({ phase }) => phase === "accuracy")!;
    expect(markdown).toContain(`**${percent(accuracy.top1!)}** of 359 held-out digits read right`);
    for (const ratio of section("pca").explained_variance_ratio)
      expect(markdown).toContain(ratio.toFixed(8));
    for (const { median_ms } of recorded.records.filter(({ phase }) => phase === "predict"))
      expect(markdown).toContain(`| ${milliseconds(median_ms!)} |`);
    for (const { name } of recorded.checks) expect(markdown).toContain(name);
  });
});
