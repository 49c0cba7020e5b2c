// The table of the networks, in the form of Keras' documentation: what was published beside what was measured,
// never one in the other's column.
import { markdownTable } from "../../text/tables";
import { wilson } from "../../measure/interval";
import type { BenchRecord } from "../../measure/record";
import { engineName, milliseconds, percent, short, whole } from "../../text/format";
import { type Child, el, type Markup } from "../plots/markup";
import * as is from "../rules";
import { defineSection } from "./shared/defineSection";
import { displayName, factsOf } from "./shared/published";

export interface TableSection {
  type: "table";
  rows: NetworkRow[];
}

export interface NetworkRow {
  model: string;
  params?: number;
  depth?: number;
  /** Of the ONNX file that Cajal writes, in units of 2²⁰ bytes. */
  file_mb?: number;
  /** Multiply-adds of one example. */
  macs?: number;
  published?: PublishedFigures;
  judged?: { n: number; top1: number; top5: number };
  /** Of one prediction. */
  times: { engine: string; device: string; batch: number; median_ms: number }[];
}

export interface PublishedFigures {
  size_mb: number;
  params: number;
  depth?: number;
  /** Shares, as Keras' documentation had them when the weights came out. */
  course_top1: number;
  course_top5: number;
  /** Misread of 50,000, by today's weights and the recipe that is known; see `evaluation` of @cajal/datasets. */
  wrong1?: number;
  wrong5?: number;
}

const validationImages = 50_000;

/** Sorts by the column whose heading is pressed; again the other way round. Without it the table is as it was made. */
const sorting = `
for (const table of document.querySelectorAll("table.sortable")) {
  const headings = [...table.tHead.rows[1].cells];
  headings.forEach((heading, column) => heading.firstChild.addEventListener("click", () => {
    const up = heading.getAttribute("aria-sort") === "descending";
    for (const each of headings) each.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", up ? "ascending" : "descending");
    const key = (row) => row.cells[column].dataset.value;
    const compare = (a, b) => {
      const [left, right] = [key(a), key(b)];
      if (left === "" || right === "") return (left === "") - (right === "");
      const order = isNaN(left) ? left.localeCompare(right) : left - right;
      return up ? order : -order;
    };
    table.tBodies[0].append(...[...table.tBodies[0].rows].sort(compare));
  }));
}`;

export const table = defineSection<TableSection>({
  type: "table",
  check: is.object({
    rows: is.list(
      is.object({
        model: is.text,
        params: is.optional(is.quantity),
        depth: is.optional(is.quantity),
        file_mb: is.optional(is.quantity),
        macs: is.optional(is.quantity),
        published: is.optional(
          is.object({
            size_mb: is.quantity,
            params: is.quantity,
            depth: is.optional(is.quantity),
            course_top1: is.share,
            course_top5: is.share,
            wrong1: is.optional(is.whole),
            wrong5: is.optional(is.whole),
          }),
        ),
        judged: is.optional(is.object({ n: is.whole, top1: is.share, top5: is.share })),
        times: is.list(is.object({ ...is.place, batch: is.whole, median_ms: is.quantity })),
      }),
    ),
  }),
  script: sorting,
  highlights: ({ rows }) => [
    { value: String(rows.length), text: rows.length === 1 ? "network" : "networks" },
    ...rows
      .filter(({ judged }) => judged !== undefined)
      .slice(0, 2)
      .map(({ model, judged }) => ({
        value: percent(judged!.top1),
        text: `of ${whole(judged!.n)} images read right by ${displayName(model)}`,
      })),
  ],
  html: ({ rows }) =>
    el(
      "section",
      {},
      el("h2", {}, "The table"),
      el(
        "p",
        {},
        `Published figures stand in columns of their own, in italics. The course's accuracies came with the weights, under pipelines that were never published; the exact errors are counts of ${whole(validationImages)} validation images that today's weights misread under a known one. A column's heading sorts by it.`,
      ),
      el(
        "div",
        { class: "scroll" },
        el(
          "table",
          { class: "sortable" },
          el("thead", {}, heading(rows)),
          el("tbody", {}, rows.map((row) => el("tr", {}, columnsOf(rows).map((column) => cell(column, row))))), // prettier-ignore
        ),
      ),
      el("p", { class: "note" }, definitions),
    ),
  markdown: ({ rows }) =>
    [
      "## The table",
      markdownTable(
        columnsOf(rows).map(({ group, name }) => (group === name ? name : `${group}: ${name}`)),
        rows.map((row) =>
          columnsOf(rows).map(({ show, value }) => formatted(value(row), show, row)),
        ),
      ),
      definitions,
    ].join("\n\n"),
});

const definitions =
  "Size: published, of Keras' HDF5 weights file; measured, of the ONNX file that Cajal writes; both in MB of 2²⁰ bytes. Depth: layers on the longest path, the input among them, of the structure at the time of publication (DenseNet: convolutions and dense layers). MACs: multiply-adds of one example. Intervals are Wilson's, 95 %.";

interface Column {
  /** What several columns have in common. */
  readonly group: string;
  readonly name: string;
  readonly published?: boolean;
  value(row: NetworkRow): number | string | undefined;
  show(value: number, row: NetworkRow): string;
}

/** The columns for which some row has something. */
function columnsOf(rows: readonly NetworkRow[]): Column[] {
  const places = new Map(rows.flatMap(({ times }) => times.map((time) => [placeName(time), time] as const))); // prettier-ignore
  const columns: Column[] = [
    { group: "network", name: "network", value: (row) => displayName(row.model), show: String },
    { group: "size, MB", name: "published", published: true, value: (row) => row.published?.size_mb, show: whole }, // prettier-ignore
    { group: "size, MB", name: "measured", value: (row) => row.file_mb, show: (mb) => mb.toFixed(mb < 10 ? 2 : 1) }, // prettier-ignore
    { group: "parameters", name: "published", published: true, value: (row) => row.published?.params, show: whole }, // prettier-ignore
    { group: "parameters", name: "counted", value: (row) => row.params, show: whole },
    { group: "depth", name: "published", published: true, value: (row) => row.published?.depth, show: whole }, // prettier-ignore
    { group: "depth", name: "counted", value: (row) => row.depth, show: whole },
    { group: "MACs", name: "counted", value: (row) => row.macs, show: short },
    { group: "top-1", name: "course", published: true, value: (row) => row.published?.course_top1, show: (share) => percent(share) }, // prettier-ignore
    { group: "top-1", name: "exact", published: true, value: (row) => row.published?.wrong1, show: exact }, // prettier-ignore
    { group: "top-1", name: "measured", value: (row) => row.judged?.top1, show: interval },
    { group: "top-5", name: "course", published: true, value: (row) => row.published?.course_top5, show: (share) => percent(share) }, // prettier-ignore
    { group: "top-5", name: "exact", published: true, value: (row) => row.published?.wrong5, show: exact }, // prettier-ignore
    { group: "top-5", name: "measured", value: (row) => row.judged?.top5, show: interval },
    ...[...places.keys()].map((place): Column => ({
      group: "milliseconds",
      name: place,
      value: (row) => row.times.find((time) => placeName(time) === place)?.median_ms,
      show: milliseconds,
    })),
  ];
  return columns.filter(({ value }) => rows.some((row) => value(row) !== undefined));
}

const placeName = (time: NetworkRow["times"][number]): string =>
  `${engineName(time)}${time.batch === 1 ? "" : `, batch ${time.batch}`}`;

/** `70.42 % (14,788 wrong)` */
const exact = (wrong: number): string =>
  `${percent(1 - wrong / validationImages, 2)} (${whole(wrong)} wrong)`;

function interval(share: number, { judged }: NetworkRow): string {
  const [low, high] = wilson(share, judged!.n);
  return `${percent(share)} (${(100 * low).toFixed(1)}–${(100 * high).toFixed(1)}, n ${whole(judged!.n)})`;
}

const formatted = (
  value: number | string | undefined,
  show: Column["show"],
  row: NetworkRow,
): string => (value === undefined ? "–" : typeof value === "string" ? value : show(value, row));

function heading(rows: readonly NetworkRow[]): Child {
  const columns = columnsOf(rows);
  const groups: { name: string; span: number }[] = [];
  for (const { group } of columns) {
    const last = groups.at(-1);
    if (last?.name === group) last.span++;
    else groups.push({ name: group, span: 1 });
  }
  return [
    el("tr", {}, groups.map(({ name, span }) => el("th", { scope: "colgroup", colspan: span }, name === "network" ? "" : name))), // prettier-ignore
    el(
      "tr",
      {},
      columns.map(({ name, published }) =>
        el(
          "th",
          { scope: "col", class: published ? "published" : undefined },
          el("button", { type: "button" }, name),
        ),
      ),
    ),
  ];
}

function cell({ group, published, value, show }: Column, row: NetworkRow): Markup {
  const content = value(row);
  // Errors are sorted as the accuracies that they show.
  const key = content === undefined ? "" : String(content);
  const attributes = { class: published ? "published" : undefined, "data-value": key };
  if (group === "network") return el("th", { scope: "row", ...attributes }, formatted(content, show, row)); // prettier-ignore
  return el("td", attributes, formatted(content, show, row));
}

export function tableOf(records: readonly BenchRecord[]): TableSection[] {
  const rows = new Map<string, NetworkRow>();
  for (const record of records) {
    if (record.failure !== undefined) continue;
    const { model, phase, engine, device, batch, median_ms, top1, top5, n } = record;
    const row = rows.get(model) ?? { model, ...publishedOf(model), times: [] };
    if (phase === "predict" && median_ms !== undefined)
      row.times.push({ engine, device, batch, median_ms });
    else if (phase === "accuracy" && top1 !== undefined && top5 !== undefined)
      row.judged = { n, top1, top5 };
    else if (phase !== "file") continue;
    for (const field of ["params", "depth", "file_mb", "macs"] as const)
      if (record[field] !== undefined) row[field] = record[field];
    rows.set(model, row);
  }
  return rows.size === 0 ? [] : [{ type: "table", rows: [...rows.values()] }];
}

function publishedOf(model: string): { published?: PublishedFigures } {
  const { published, measured } = factsOf(model) ?? {};
  if (published === undefined) return {};
  const wrong = (share: number) => Math.round((1 - share) * validationImages);
  return {
    published: {
      size_mb: published.size,
      params: published.params,
      ...(published.depth && { depth: published.depth.value }),
      course_top1: published.top1,
      course_top5: published.top5,
      ...(measured && { wrong1: wrong(measured.top1), wrong5: wrong(measured.top5) }),
    },
  };
}
