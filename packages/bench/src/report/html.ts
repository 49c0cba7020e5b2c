// The report as one HTML page that needs nothing else: plots are inline SVG, styles and all.
import {
  duration,
  engineLabel,
  engineName,
  exponent,
  fixed,
  milliseconds,
  percent,
  short,
  whole,
} from "./format";
import { confusionMatrix } from "./plots/confusionMatrix";
import { latencyBars } from "./plots/latencyBars";
import { learningCurve } from "./plots/learningCurve";
import { type Child, el, type Markup, render, trusted } from "./plots/markup";
import { neuron } from "./plots/neuron";
import { picture } from "./plots/picture";
import { scatterPlot } from "./plots/scatterPlot";
import { shareBars } from "./plots/shareBars";
import { checkReport } from "./checkReport";
import type { BenchRecord } from "../measure/record";
import type {
  Check,
  EnginesSection,
  LearningSection,
  PcaSection,
  PredictionsSection,
  Report,
  Section,
} from "./report";
import { highlights } from "./highlights";
import { places } from "./places";
import { reportStyle } from "./style";

/**
 * A whole HTML document, self-contained: no script, no request.
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
    el("body", {}, header(report), el("main", {}, body(report)), footer(report)),
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
      highlights(report).map(({ value, unit, text }) =>
        el(
          "div",
          {},
          el("dt", {}, text),
          el("dd", {}, value, unit === undefined ? undefined : el("small", {}, ` ${unit}`)),
        ),
      ),
    ),
  );
}

const body = (report: Report): Child => [
  report.sections.map((section) => draw(section, report)),
  checks(report.checks),
  reproduce(report),
];

function draw(section: Section, report: Report): Markup {
  switch (section.type) {
    case "pca":
      return pca(section);
    case "learning":
      return learning(section);
    case "predictions":
      return predictions(section);
    case "engines":
      return engines(section, report.records);
  }
}

function pca(section: PcaSection): Markup {
  const [first = 0, second = 0] = section.explained_variance_ratio;
  return el(
    "section",
    {},
    el("h2", {}, `${capital(section.dataset)}, seen from its widest side`),
    el(
      "p",
      {},
      `${whole(section.points.length)} flowers, each measured ${section.features.length} times (${section.features.join(", ")}). Principal component analysis turns the cloud so that its two widest directions lie on the page; they keep ${percent(first + second)} of the variance.`,
    ),
    el(
      "div",
      { class: "pair" },
      plot(
        scatterPlot({
          id: "pca",
          title: `${capital(section.dataset)} along its first two principal components`,
          description: `${section.points.length} points in ${section.classes.length} classes: ${section.classes.join(", ")}.`,
          xTitle: `first component · ${percent(first)} of the variance`,
          yTitle: `second component · ${percent(second)}`,
          classes: section.classes,
          points: section.points,
        }),
        "Projection onto the first two components",
      ),
      plot(
        shareBars({
          id: "variance",
          title: "Explained variance of each component",
          description: section.explained_variance_ratio
            .map((share, i) => `component ${i + 1}: ${percent(share, 2)}`)
            .join("; "),
          shares: section.explained_variance_ratio,
          name: (i) => `component ${i + 1}`,
        }),
        "Share of the variance that each component explains",
      ),
    ),
  );
}

function learning(section: LearningSection): Markup {
  const last = section.epochs.at(-1);
  // JSON has null for what was no number.
  const curves = (train: (number | null)[], validation: (number | null)[]) => [
    { name: "training", class: "training", values: train.map((value) => value ?? NaN) },
    { name: "validation", class: "validation", values: validation.map((value) => value ?? NaN) },
  ];
  const { epochs } = section;
  return el(
    "section",
    {},
    el("h2", {}, `${section.model} learns ${section.dataset}`),
    el(
      "p",
      {},
      `${whole(section.params)} parameters, ${short(section.macs)} multiply-adds an example, ${section.optimizer}, batches of ${section.batch}. ${whole(section.train_examples)} examples to learn from, ${whole(section.validation_examples)} held out. ${epochs.length} epochs in ${duration(section.seconds)} on ${engineName(section)}${last === undefined ? "" : `; of the held-out examples ${percent(last.val_accuracy, 2)} are read right`}.`,
    ),
    el(
      "div",
      { class: "pair" },
      plot(
        learningCurve({
          id: "accuracy",
          title: "accuracy",
          description: `Accuracy over ${epochs.length} epochs, ending at ${percent(last?.accuracy ?? NaN)} in training and ${percent(last?.val_accuracy ?? NaN)} in validation.`,
          scale: "linear",
          show: (value) => percent(value).replace(".0", ""),
          lines: curves(
            epochs.map((epoch) => epoch.accuracy),
            epochs.map((epoch) => epoch.val_accuracy),
          ),
        }),
        "Accuracy, share of examples read right",
      ),
      plot(
        learningCurve({
          id: "loss",
          title: "loss",
          description: `Cross-entropy over ${epochs.length} epochs on a logarithmic scale, ending at ${fixed(last?.loss, 4)} in training and ${fixed(last?.val_loss, 4)} in validation.`,
          scale: "log",
          show: (value) => (Number.isFinite(value) ? String(Number(value.toPrecision(2))) : "–"),
          lines: curves(
            epochs.map((epoch) => epoch.loss),
            epochs.map((epoch) => epoch.val_loss),
          ),
        }),
        "Cross-entropy, logarithmic scale",
      ),
    ),
  );
}

function predictions(section: PredictionsSection): Markup {
  const wrong = section.misread.length;
  return el(
    "section",
    {},
    el("h2", {}, "What it reads, and misreads"),
    el(
      "p",
      {},
      wrong === 0
        ? `All ${whole(section.examples)} held-out examples are read right.`
        : `Of ${whole(section.examples)} held-out examples ${whole(section.examples - wrong)} are read right and ${whole(wrong)} wrong. Each mistake is shown as the network saw it, the most confident first.`,
    ),
    el(
      "div",
      { class: "pair" },
      plot(
        confusionMatrix({
          id: "confusion",
          title: `Confusion matrix of ${section.model} on ${section.dataset}`,
          description: `Rows are true classes, columns answers. ${section.confusion
            .map((row, truth) => `${section.classes[truth]}: ${row[truth]} right`)
            .join("; ")}.`,
          classes: section.classes,
          counts: section.confusion,
        }),
        "Confusion matrix of the held-out examples",
      ),
      wrong === 0
        ? undefined
        : el(
            "ul",
            { class: "misread" },
            section.misread.map((example) => {
              const read = section.classes[example.read];
              const truth = section.classes[example.truth];
              return el(
                "li",
                {},
                picture({
                  id: `example-${example.index}`,
                  title: `A ${truth} that was read as ${read}`,
                  width: example.width,
                  height: example.height,
                  pixels: example.pixels,
                }),
                el(
                  "p",
                  {},
                  el("b", {}, `read ${read}`),
                  ` (${percent(example.probability, 0)})`,
                  el("br"),
                  `it was ${truth}`,
                ),
              );
            }),
          ),
    ),
  );
}

function engines(section: EnginesSection, records: readonly BenchRecord[]): Markup {
  const groups = places(records, section.model);
  const all = groups.flatMap(({ rows }) => rows.flatMap((row) => [row.median_ms, row.p90_ms]));
  const domain = [10 ** Math.floor(Math.log10(Math.min(...all))), Math.max(...all) * 1.15] as const;
  return el(
    "section",
    {},
    el("h2", {}, "The same network on every engine"),
    el(
      "p",
      {},
      `What was learned runs on each engine and device of this machine. Answers are compared on ${whole(section.examples)} examples: the largest difference of two logits, relative to the example's largest, may be ${exponent(section.tolerance)}.`,
    ),
    el(
      "div",
      { class: "pair" },
      groups.map(({ batch, rows }) =>
        plot(
          latencyBars({
            id: `latency-${batch}`,
            title: `Time of one prediction, batch ${batch}`,
            description: rows
              .map((row) => `${engineName(row)}: ${milliseconds(row.median_ms)}`)
              .join("; "),
            bars: rows.map((row) => ({
              name: engineName(row),
              median: row.median_ms,
              p90: row.p90_ms,
            })),
            domain,
            show: milliseconds,
          }),
          `Batch ${batch}: median time of one prediction, logarithmic; the whisker ends at the 90th percentile`,
        ),
      ),
    ),
    el(
      "div",
      { class: "scroll" },
      el(
        "table",
        {},
        row(
          "th",
          "engine",
          "device",
          "largest difference",
          ...groups.map(({ batch }) => `examples a second, batch ${batch}`),
        ),
        [{ ...section.reference, difference: undefined }, ...section.agreement].map((place) =>
          row(
            "td",
            engineLabel(place.engine),
            place.device,
            place.difference === undefined ? "the reference" : exponent(place.difference),
            ...groups.map(({ batch, rows }) => {
              const found = rows.find(
                ({ engine, device }) => engine === place.engine && device === place.device,
              );
              return found === undefined ? "–" : whole((1000 * batch) / found.median_ms);
            }),
          ),
        ),
      ),
    ),
    section.unavailable.length === 0
      ? undefined
      : el(
          "details",
          {},
          el("summary", {}, `${section.unavailable.length} more that this machine does not have`),
          el(
            "ul",
            {},
            section.unavailable.map((place) =>
              el("li", {}, el("b", {}, engineName(place)), `: ${place.reason}`),
            ),
          ),
        ),
  );
}

function checks(all: readonly Check[]): Markup {
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
    el("pre", {}, `npx cajal run ${report.suite} --seed ${report.seed}`),
  );
}

const footer = (report: Report): Markup =>
  el(
    "footer",
    {},
    `Drawn from report.json beside this page, which holds all numbers: ${report.records.length} records, one JSON object each.`,
  );

const plot = (svg: Markup, caption: string): Markup =>
  el("figure", {}, svg, el("figcaption", {}, caption));

const row = (cell: "td" | "th", ...values: string[]): Markup =>
  el(
    "tr",
    {},
    values.map((value) => el(cell, cell === "th" ? { scope: "col" } : {}, value)),
  );

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

const date = (iso: string): string =>
  new Date(iso).toLocaleDateString("en-GB", {
    day: "numeric",
    month: "long",
    year: "numeric",
    timeZone: "UTC",
  });
