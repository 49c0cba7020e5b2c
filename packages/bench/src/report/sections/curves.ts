// What networks learn over time, and what it costs them.
import { markdownTable } from "../../text/tables";
import { wilson } from "../../measure/interval";
import type { BenchRecord, CurvePoint } from "../../measure/record";
import { duration, fixed, percent, short, whole } from "../../text/format";
import { md } from "../../text/markdownText";
import { bubbleChart } from "../plots/bubbleChart";
import { lineChart } from "../plots/lineChart";
import { el } from "../plots/markup";
import * as is from "../rules";
import { defineSection } from "./shared/defineSection";
import { capital, plot, tableRow } from "./shared/parts";
import { displayName } from "./shared/published";

export interface CurvesSection {
  type: "curves";
  dataset: string;
  runs: {
    model: string;
    engine: string;
    device: string;
    params: number;
    macs?: number;
    /** Examples that were held out, and the share of them that is read right at the end. */
    n: number;
    top1: number;
    seconds: number;
    curve: CurvePoint[];
  }[];
}

export const curves = defineSection<CurvesSection>({
  type: "curves",
  check: is.object({
    dataset: is.text,
    runs: is.list(
      is.object({
        ...is.place,
        model: is.text,
        params: is.quantity,
        macs: is.optional(is.quantity),
        n: is.whole,
        top1: is.share,
        seconds: is.quantity,
        curve: is.list(
          is.object({
            epoch: is.whole,
            seconds: is.quantity,
            loss: is.quantityOrNull,
            val_accuracy: is.quantityOrNull,
          }),
        ),
      }),
    ),
  }),
  highlights({ dataset, runs }) {
    const best = runs.reduce((a, b) => (b.top1 > a.top1 ? b : a));
    return [
      {
        value: percent(best.top1),
        text: `of ${dataset} by ${displayName(best.model)}`,
        leads: true,
      },
    ];
  },
  html: ({ dataset, runs }, { id }) =>
    el(
      "section",
      {},
      el("h2", {}, `${capital(dataset)}: accuracy by time and cost`),
      el(
        "p",
        {},
        `Each network learns from as many examples as the others; ${whole(runs[0]!.n)} are held out.`,
      ),
      el(
        "div",
        { class: "pair" },
        plot(
          lineChart({
            id: id(`curves-${dataset}`),
            title: "accuracy of examples held out",
            description: runs.map(({ model, top1 }) => `${displayName(model)}: ${percent(top1)}`).join("; "), // prettier-ignore
            xTitle: "seconds",
            showY: (value) => percent(value).replace(".0", ""),
            lines: runs.map(({ model, curve }) => ({
              name: displayName(model),
              points: curve.map(({ seconds, val_accuracy }) => ({ x: seconds, y: val_accuracy ?? NaN })), // prettier-ignore
            })),
          }),
          "Over time, validation included",
        ),
        plot(
          bubbleChart({
            id: id(`by-parameters-${dataset}`),
            title: `Accuracy on ${dataset} against parameters`,
            description: runs.map((run) => `${displayName(run.model)}: ${short(run.params)} parameters`).join("; "), // prettier-ignore
            xTitle: "parameters",
            yTitle: "accuracy",
            showX: short,
            showY: (value) => percent(value).replace(".0", ""),
            bubbles: runs.map((run) => ({
              name: displayName(run.model),
              x: run.params,
              y: run.top1,
              size: run.seconds,
              kind: 0,
              title: `${displayName(run.model)}: ${percent(run.top1, 2)}, ${whole(run.params)} parameters, ${duration(run.seconds)}`, // prettier-ignore
            })),
          }),
          "Against parameters; the area is the time that learning took",
        ),
      ),
      el(
        "div",
        { class: "scroll" },
        el(
          "table",
          {},
          tableRow("th", ...header),
          rows(runs).map((row) => tableRow("td", ...row)),
        ),
      ),
    ),
  markdown: ({ dataset, runs }) =>
    [md`## ${capital(dataset)}: accuracy by time and cost`, markdownTable(header, rows(runs))].join("\n\n"), // prettier-ignore
});

const header = ["network", "parameters", "MACs", "accuracy", "95 %", "loss", "epochs", "time"];

const rows = (runs: CurvesSection["runs"]): string[][] =>
  runs.map(({ model, params, macs, top1, n, curve, seconds }) => {
    const [low, high] = wilson(top1, n);
    return [
      displayName(model),
      whole(params),
      macs === undefined ? "–" : short(macs),
      percent(top1, 2),
      `${(100 * low).toFixed(1)}–${(100 * high).toFixed(1)}`,
      fixed(curve.at(-1)?.loss, 4),
      String(curve.length),
      duration(seconds),
    ];
  });

export function curvesOf(records: readonly BenchRecord[]): CurvesSection[] {
  const sections = new Map<string, CurvesSection>();
  for (const record of records) {
    const { model, dataset, engine, device, params, macs, n, top1, seconds, curve } = record;
    if (dataset === undefined || curve === undefined || top1 === undefined) continue;
    if (params === undefined || seconds === undefined) continue;
    const section: CurvesSection = sections.get(dataset) ?? { type: "curves", dataset, runs: [] };
    sections.set(dataset, section);
    const costs = { params, ...(macs !== undefined && { macs }) };
    section.runs.push({ model, engine, device, ...costs, n, top1, seconds, curve: [...curve] });
  }
  return [...sections.values()];
}
