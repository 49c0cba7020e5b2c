// How long one call takes, by network, batch size, engine and device.
import { markdownTable } from "../../text/tables";
import type { BenchRecord } from "../../measure/record";
import { engineName, milliseconds, whole } from "../../text/format";
import { md } from "../../text/markdownText";
import { latencyBars } from "../plots/latencyBars";
import { el } from "../plots/markup";
import * as is from "../rules";
import { defineSection } from "./shared/defineSection";
import { plot, tableRow } from "./shared/parts";
import { displayName } from "./shared/published";

export interface LatencySection {
  type: "latency";
  /** Of networks and batch sizes, in the order of the records; places fastest first. */
  groups: { model: string; batch: number; places: PlaceTimes[] }[];
}

interface PlaceTimes {
  engine: string;
  device: string;
  median_ms: number;
  p90_ms: number;
  p99_ms?: number;
  /** Timed calls. */
  n: number;
  open_ms?: number;
  /** Rounds in which other programs took much of the processor. */
  dirty_rounds?: number;
}

export const latency = defineSection<LatencySection>({
  type: "latency",
  check: is.object({
    groups: is.list(
      is.object({
        model: is.text,
        batch: is.whole,
        places: is.list(
          is.object({
            ...is.place,
            median_ms: is.quantity,
            p90_ms: is.quantity,
            p99_ms: is.optional(is.quantity),
            n: is.whole,
            open_ms: is.optional(is.quantity),
            dirty_rounds: is.optional(is.quantity),
          }),
        ),
      }),
    ),
  }),
  html({ groups }, { id }) {
    const all = groups.flatMap(({ places }) => places.flatMap((each) => [each.median_ms, each.p90_ms])); // prettier-ignore
    const domain = [10 ** Math.floor(Math.log10(Math.max(1e-6, Math.min(...all)))), Math.max(...all) * 1.15] as const; // prettier-ignore
    const dirty = groups.some(({ places }) => places.some((each) => (each.dirty_rounds ?? 0) > 0));
    return el(
      "section",
      {},
      el("h2", {}, "Latency by engine"),
      el(
        "p",
        {},
        `Engines and devices of one network take turns, so that what disturbs the machine disturbs all. Median of all calls, on one logarithmic scale; the whisker ends at the 90th percentile.${dirty ? " In some rounds other programs took more than a tenth of the processor, repeated or not: those times are upper bounds." : ""}`,
      ),
      el(
        "div",
        { class: "pair" },
        figuresOf(groups).map(({ name, caption, bars }) =>
          plot(
            latencyBars({
              id: id(`latency-${name}`.replaceAll(/[^\w-]/g, "_")),
              title: name,
              description: bars.map((bar) => `${bar.name}: ${milliseconds(bar.median)}`).join("; "),
              bars,
              domain,
              show: milliseconds,
            }),
            caption,
          ),
        ),
      ),
      el(
        "details",
        {},
        el("summary", {}, "The numbers"),
        el("div", { class: "scroll" }, el("table", {}, tableRow("th", ...header), rows(groups).map((row) => tableRow("td", ...row)))), // prettier-ignore
      ),
    );
  },
  markdown: ({ groups }) =>
    [
      md`
## Latency by engine
      `,
      markdownTable(header, rows(groups)),
    ].join("\n\n"),
});

/** A figure for each network, of its places; where there is but one place, one of all networks. */
function figuresOf(groups: LatencySection["groups"]) {
  const [first] = groups.flatMap(({ places }) => places);
  const isFirst = (place: PlaceTimes) => place.engine === first?.engine && place.device === first.device; // prettier-ignore
  const bar = (name: string, { median_ms, p90_ms }: PlaceTimes) => ({ name, median: median_ms, p90: p90_ms }); // prettier-ignore
  if (first !== undefined && groups.every(({ places }) => places.every(isFirst)))
    return [...new Set(groups.map(({ batch }) => batch))].map((batch) => ({
      name: `${engineName(first)}, batch ${batch}`,
      caption: `${engineName(first)}, batch ${batch}, fastest first`,
      bars: groups
        .filter((group) => group.batch === batch)
        .map(({ model, places }) => bar(displayName(model), places[0]!))
        .sort((a, b) => a.median - b.median),
    }));
  return groups.map(({ model, batch, places }) => ({
    name: `${displayName(model)}, batch ${batch}`,
    caption: `${displayName(model)}, batch ${batch}: ${whole((1000 * batch) / places[0]!.median_ms)} examples a second on ${engineName(places[0]!)}`,
    bars: places.map((place) => bar(engineName(place), place)),
  }));
}

const header = ["network", "batch", "on", "median", "p90", "p99", "examples/s", "opens in", "calls", "dirty rounds"]; // prettier-ignore

const rows = (groups: LatencySection["groups"]): string[][] =>
  groups.flatMap(({ model, batch, places }) =>
    places.map((each) => [
      displayName(model),
      String(batch),
      engineName(each),
      milliseconds(each.median_ms),
      milliseconds(each.p90_ms),
      each.p99_ms === undefined ? "–" : milliseconds(each.p99_ms),
      whole((1000 * batch) / each.median_ms),
      each.open_ms === undefined ? "–" : milliseconds(each.open_ms),
      String(each.n),
      String(each.dirty_rounds ?? 0),
    ]),
  );

export function latencyOf(records: readonly BenchRecord[]): LatencySection[] {
  const groups = new Map<string, LatencySection["groups"][number]>();
  for (const record of records) {
    const { phase, model, batch, engine, device, n, median_ms, p90_ms = median_ms } = record;
    if (phase !== "predict" || median_ms === undefined || p90_ms === undefined) continue;
    const { p99_ms, open_ms, dirty_rounds } = record;
    const group = groups.get(`${model} ${batch}`) ?? { model, batch, places: [] };
    groups.set(`${model} ${batch}`, group);
    group.places.push({
      engine,
      device,
      median_ms,
      p90_ms,
      n,
      ...(p99_ms !== undefined && { p99_ms }),
      ...(open_ms !== undefined && { open_ms }),
      ...(dirty_rounds !== undefined && { dirty_rounds }),
    });
  }
  for (const { places } of groups.values()) places.sort((a, b) => a.median_ms - b.median_ms);
  return groups.size === 0 ? [] : [{ type: "latency", groups: [...groups.values()] }];
}
