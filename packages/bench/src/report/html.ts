// The report as one HTML page that needs nothing else: plots are inline SVG, styles and all.
import { checkReport } from "./checkReport";
import { duration } from "../text/format";
import { highlights } from "./highlights";
import { type Child, el, type Markup, render, trusted } from "./plots/markup";
import { neuron } from "./plots/neuron";
import type { Check } from "../measure/check";
import { commandOf, type Report } from "./report";
import { definitionOf } from "./sections";
import { reportStyle } from "./style";

/**
 * A whole HTML document, self-contained: no request, and a script only where a table can be sorted.
 *
 * @throws CajalError `bad-file` where the value, read from a file perhaps, is no report
 */
export function reportHtml(report: Report): string {
  checkReport(report);
  const page = el(
    "html",
    { lang: "en" },
    el(
      "head",
      {},
      el("meta", { charset: "utf-8" }),
      el("meta", { name: "viewport", content: "width=device-width, initial-scale=1" }),
      el("meta", { name: "color-scheme", content: "light dark" }),
      el("title", {}, `${report.title} · Cajal`),
      el("style", {}, trusted(reportStyle)),
    ),
    el("body", {}, header(report), el("main", {}, body(report)), footer(report), scripts(report)),
  );
  return `<!doctype html>\n${render(page)}\n`;
}

function header(report: Report): Markup {
  return el(
    "header",
    {},
    neuron(report.seed),
    el("p", { class: "kicker" }, "Cajal · deep learning for TypeScript"),
    el("h1", {}, report.title),
    el(
      "p",
      { class: "lead" },
      `${date(report.at)}, in ${duration(report.seconds)} on ${report.environment.cpu}, ${report.environment.cores} cores. Seed ${report.seed}.`,
    ),
    el(
      "dl",
      { class: "tiles" },
      highlights(report).map(({ value, text }) =>
        el("div", {}, el("dt", {}, text), el("dd", {}, value)),
      ),
    ),
  );
}

const body = (report: Report): Child => [
  sectionsOf(report),
  checks(report.checks),
  reproduce(report),
];

const scripts = ({ sections }: Report): Child =>
  [...new Set(sections.map((section) => definitionOf(section).script))]
    .filter((script) => script !== undefined)
    .map((script) => el("script", {}, trusted(script)));

function sectionsOf({ sections, records }: Report): Markup[] {
  const ids = new Map<string, number>();
  const id = (name: string) => {
    const count = (ids.get(name) ?? 0) + 1;
    ids.set(name, count);
    return count === 1 ? name : `${name}-${count}`;
  };
  return sections.map((section) => definitionOf(section).html(section, { records, id }));
}

function checks(all: readonly Check[]): Child {
  if (all.length === 0) return undefined;
  return el(
    "section",
    {},
    el("h2", {}, "What had to hold"),
    el(
      "ul",
      { class: "checks" },
      all.map(({ name, held, got, expected }) =>
        el(
          "li",
          { class: held ? "held" : "broken" },
          el("span", { class: "mark", "aria-hidden": "true" }, held ? "✓" : "✗"),
          el("b", {}, name),
          el("span", {}, `${held ? "held" : "did not hold"}: ${got} (expected ${expected})`),
        ),
      ),
    ),
  );
}

function reproduce(report: Report): Markup {
  const { environment: place, versions } = report;
  return el(
    "section",
    {},
    el("h2", {}, "Where, and again"),
    el(
      "div",
      { class: "scroll" },
      el(
        "table",
        { class: "facts" },
        [
          ["processor", `${place.cpu}, ${place.cores} cores`],
          ["memory", `${place.memory_gb} GB`],
          ["system", place.os],
          ...Object.entries(versions),
          ["seed", String(report.seed)],
          ["begun", report.at],
        ].map(([name, value]) =>
          el("tr", {}, el("th", { scope: "row" }, name), el("td", {}, value)),
        ),
      ),
    ),
    el("pre", {}, `npx ${commandOf(report)}`),
  );
}

const footer = (report: Report): Markup =>
  el(
    "footer",
    {},
    `Drawn from report.json beside this page, which holds all numbers: ${report.records.length} records, one JSON object each.`,
  );

const date = (iso: string): string =>
  new Date(iso).toLocaleDateString("en-GB", {
    day: "numeric",
    month: "long",
    year: "numeric",
    timeZone: "UTC",
  });
