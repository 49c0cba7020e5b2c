// Accuracy against what it costs: size, parameters, latency.
import { markdownTable } from "../../text/tables";
import type { BenchRecord } from "../../measure/record";
import { engineName, milliseconds, percent, short } from "../../text/format";
import { type Bubble, bubbleChart } from "../plots/bubbleChart";
import { el } from "../plots/markup";
import * as is from "../rules";
import { defineSection } from "./shared/defineSection";
import { plot } from "./shared/parts";
import { displayName } from "./shared/published";
import { type NetworkRow, tableOf } from "./table";

export interface BubblesSection {
  type: "bubbles";
  /** Where the latencies are of. */
  place?: { engine: string; device: string };
  networks: {
    model: string;
    top1: number;
    /** Where the accuracy is from: counts that were published, or this run. */
    source: "published" | "measured";
    params: number;
    size_mb: number;
    macs?: number;
    median_ms?: number;
  }[];
}

export const bubbles = defineSection<BubblesSection>({
  type: "bubbles",
  check: is.object({
    place: is.optional(is.object(is.place)),
    networks: is.list(
      is.object({
        model: is.text,
        top1: is.share,
        source: is.oneOf(["published", "measured"]),
        params: is.quantity,
        size_mb: is.quantity,
        macs: is.optional(is.quantity),
        median_ms: is.optional(is.quantity),
      }),
    ),
  }),
  html({ networks, place }, { id }) {
    const published = networks.some(({ source }) => source === "published");
    const chart = (
      name: string,
      cost: (network: BubblesSection["networks"][number]) => number | undefined,
      showX: (value: number) => string,
    ) => {
      const circles = networks.flatMap((network): Bubble[] => {
        const x = cost(network);
        if (x === undefined || !(x > 0)) return [];
        return [
          {
            name: displayName(network.model),
            x,
            y: network.top1,
            size: network.params,
            kind: 0,
            title: `${displayName(network.model)}: ${percent(network.top1)} (${network.source}), ${showX(x)}, ${short(network.params)} parameters`, // prettier-ignore
          },
        ];
      });
      if (circles.length === 0) return undefined;
      return plot(
        bubbleChart({
          id: id(`accuracy-by-${name.split(" ")[0]}`),
          title: `Accuracy against ${name}`,
          description: circles.map(({ title }) => title).join("; "),
          xTitle: name,
          yTitle: "top-1 accuracy",
          showX,
          showY: (value) => percent(value).replace(".0", ""),
          bubbles: circles,
        }),
        `Accuracy against ${name}; the area is the number of parameters`,
      );
    };
    return el(
      "section",
      {},
      el("h2", {}, "Accuracy, and what it costs"),
      el(
        "p",
        {},
        published
          ? "Accuracy as published, exactly, on ImageNet's validation images; costs as measured here."
          : "Accuracy and costs as measured here.",
      ),
      el(
        "div",
        { class: "pair" },
        chart("size of the file, MB", ({ size_mb }) => size_mb, short),
        chart("parameters", ({ params }) => params, short),
        place && chart(`latency on ${engineName(place)}`, ({ median_ms }) => median_ms, milliseconds), // prettier-ignore
        chart("multiply-adds", ({ macs }) => macs, short),
      ),
    );
  },
  markdown: ({ networks, place }) =>
    [
      "## Accuracy, and what it costs",
      markdownTable(
        ["network", "top-1", "source", "MB", "parameters", place ? engineName(place) : "latency"],
        networks.map((network) => [
          displayName(network.model),
          percent(network.top1, 2),
          network.source,
          network.size_mb.toFixed(1),
          short(network.params),
          network.median_ms === undefined ? "–" : milliseconds(network.median_ms),
        ]),
      ),
    ].join("\n\n"),
});

export function bubblesOf(records: readonly BenchRecord[]): BubblesSection[] {
  const rows = tableOf(records).flatMap((section) => section.rows);
  const place = placeOfMost(rows);
  const networks = rows.flatMap((row): BubblesSection["networks"] => {
    const top1 = row.published?.wrong1 === undefined ? row.judged?.top1 : 1 - row.published.wrong1 / 50_000; // prettier-ignore
    const { model, params, macs, file_mb } = row;
    if (top1 === undefined || params === undefined || file_mb === undefined) return [];
    const time = row.times.find((each) => each.batch === 1 && each.engine === place?.engine && each.device === place.device); // prettier-ignore
    return [
      {
        model,
        top1,
        source: row.published?.wrong1 === undefined ? "measured" : "published",
        params,
        size_mb: file_mb,
        ...(macs !== undefined && { macs }),
        ...(time && { median_ms: time.median_ms }),
      },
    ];
  });
  // Accuracies on different images do not belong on one axis.
  const published = networks.filter(({ source }) => source === "published");
  const comparable = published.length > 1 ? published : networks.filter(({ source }) => source === "measured"); // prettier-ignore
  return comparable.length < 2
    ? []
    : [{ type: "bubbles", ...(place && { place }), networks: comparable }];
}

/** The place that timed most networks one by one; of several the fastest. */
function placeOfMost(rows: readonly NetworkRow[]): BubblesSection["place"] {
  const places = new Map<string, { engine: string; device: string; n: number; sum: number }>();
  for (const { engine, device, batch, median_ms } of rows.flatMap(({ times }) => times)) {
    if (batch !== 1) continue;
    const place = places.get(`${engine} ${device}`) ?? { engine, device, n: 0, sum: 0 };
    places.set(`${engine} ${device}`, { ...place, n: place.n + 1, sum: place.sum + median_ms });
  }
  const [first] = [...places.values()].sort((a, b) => b.n - a.n || a.sum - b.sum);
  return first && { engine: first.engine, device: first.device };
}
