// The memory that networks take, by engine and device.
import { markdownTable } from "../../text/tables";
import type { BenchRecord } from "../../measure/record";
import { engineName, whole } from "../../text/format";
import { el } from "../plots/markup";
import { valueBars } from "../plots/valueBars";
import * as is from "../rules";
import { defineSection } from "./shared/defineSection";
import { plot } from "./shared/parts";
import { displayName } from "./shared/published";

export interface MemorySection {
  type: "memory";
  /** Peak resident memory of processes that did nothing else, in units of 2²⁰ bytes. */
  places: { engine: string; device: string; models: { model: string; batch: number; rss_mb: number }[] }[]; // prettier-ignore
}

export const memory = defineSection<MemorySection>({
  type: "memory",
  check: is.object({
    places: is.list(
      is.object({
        ...is.place,
        models: is.list(is.object({ model: is.text, batch: is.whole, rss_mb: is.quantity })),
      }),
    ),
  }),
  html({ places }, { id }) {
    const largest = Math.max(...places.flatMap(({ models }) => models.map(({ rss_mb }) => rss_mb)));
    return el(
      "section",
      {},
      el("h2", {}, "Memory"),
      el(
        "p",
        {},
        "Peak resident memory of a process that opens a network and predicts, Node and the engine included. Memory of a graphics card is not in it.",
      ),
      el(
        "div",
        { class: "pair" },
        places.map((place) =>
          plot(
            valueBars({
              id: id(`memory-${place.engine}-${place.device}`),
              title: `Memory on ${engineName(place)}`,
              description: place.models.map((each) => `${nameOf(each)}: ${megabytes(each.rss_mb)}`).join("; "), // prettier-ignore
              bars: place.models.map((each) => ({ name: nameOf(each), value: each.rss_mb })),
              most: largest,
              show: megabytes,
            }),
            engineName(place),
          ),
        ),
      ),
    );
  },
  markdown: ({ places }) =>
    [
      "## Memory",
      markdownTable(
        ["on", "network", "peak resident"],
        places.flatMap((place) =>
          place.models.map((each) => [engineName(place), nameOf(each), megabytes(each.rss_mb)]),
        ),
      ),
    ].join("\n\n"),
});

const megabytes = (value: number): string => `${whole(value)} MB`;

const nameOf = ({ model, batch }: { model: string; batch: number }): string =>
  batch === 1 ? displayName(model) : `${displayName(model)}, batch ${batch}`;

export function memoryOf(records: readonly BenchRecord[]): MemorySection[] {
  const places = new Map<string, MemorySection["places"][number]>();
  for (const { phase, model, engine, device, batch, rss_mb } of records) {
    if (phase !== "predict" || rss_mb === undefined) continue;
    const place = places.get(`${engine} ${device}`) ?? { engine, device, models: [] };
    places.set(`${engine} ${device}`, place);
    place.models.push({ model, batch, rss_mb });
  }
  return places.size === 0 ? [] : [{ type: "memory", places: [...places.values()] }];
}
