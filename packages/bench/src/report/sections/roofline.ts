// What networks achieve of what the device can do.
import { markdownTable } from "../../text/tables";
import type { BenchRecord } from "../../measure/record";
import { engineName, percent } from "../../text/format";
import { el } from "../plots/markup";
import { roofline as draw } from "../plots/roofline";
import * as is from "../rules";
import { defineSection } from "./shared/defineSection";
import { plot } from "./shared/parts";
import { displayName } from "./shared/published";

export interface RooflineSection {
  type: "roofline";
  places: {
    engine: string;
    device: string;
    /** GFLOP/s of a large matrix product. */
    peak: number;
    /** GB/s of a matrix times a vector. */
    bandwidth?: number;
    /** `intensity`: FLOP a byte of weights, each read once a call; `achieved` in GFLOP/s. */
    points: { model: string; batch: number; intensity: number; achieved: number }[];
  }[];
}

export const roofline = defineSection<RooflineSection>({
  type: "roofline",
  check: is.object({
    places: is.list(
      is.object({
        ...is.place,
        peak: is.quantity,
        bandwidth: is.optional(is.quantity),
        points: is.list(
          is.object({
            model: is.text,
            batch: is.whole,
            intensity: is.quantity,
            achieved: is.quantity,
          }),
        ),
      }),
    ),
  }),
  html: ({ places }, { id }) =>
    el(
      "section",
      {},
      el("h2", {}, "Share of the peak"),
      el("p", {}, explanation),
      el(
        "div",
        { class: "pair" },
        places.map((place) =>
          plot(
            draw({
              id: id(`roofline-${place.engine}-${place.device}`),
              title: `Roofline of ${engineName(place)}`,
              description: place.points.map((each) => `${nameOf(each)}: ${figure(each.achieved)} GFLOP/s`).join("; "), // prettier-ignore
              peak: place.peak,
              ...(place.bandwidth !== undefined && { bandwidth: place.bandwidth }),
              points: place.points.map((each) => ({ ...each, name: nameOf(each) })),
              show: figure,
            }),
            `${engineName(place)}: ${place.points.map((each) => `${nameOf(each)} ${percent(each.achieved / place.peak, 0)}`).join(", ")} of the peak`,
          ),
        ),
      ),
    ),
  markdown: ({ places }) =>
    [
      "## Share of the peak",
      explanation,
      markdownTable(
        ["on", "network", "GFLOP/s", "of the peak"],
        places.flatMap((place) =>
          place.points.map((each) => [
            engineName(place),
            nameOf(each),
            figure(each.achieved),
            percent(each.achieved / place.peak, 0),
          ]),
        ),
      ),
    ].join("\n\n"),
});

const explanation =
  "The flat roof is what a product of large matrices reaches on the device (1024 rows times 1024 × 1024; on a GPU 2048 rows times 4096 × 4096, eight times in a row, the way there and back included), the slope what a matrix times a vector reads of memory. A multiply-add counts as two operations; of bytes, the weights are counted, once a call. A convolution computed by a fast algorithm may stand above the roof.";

const figure = (value: number): string => String(Number(value.toPrecision(3)));

const nameOf = ({ model, batch }: { model: string; batch: number }): string =>
  batch === 1 ? displayName(model) : `${displayName(model)}, batch ${batch}`;

export function rooflineOf(records: readonly BenchRecord[]): RooflineSection[] {
  const places = records.flatMap((peak): RooflineSection["places"] => {
    const { phase, model, engine, device } = peak;
    const gflops = perSecond(peak, 2e-9);
    if (phase !== "peak" || model !== "matmul" || gflops === undefined) return [];
    const measurements = records.filter((each) => each.engine === engine && each.device === device);
    const vector = measurements.find((each) => each.phase === "peak" && each.model === "matvec");
    // Of a matrix times a vector every weight of 4 bytes is read for one multiply-add.
    const bandwidth = vector && perSecond(vector, 4e-9);
    const points = measurements.flatMap((each) => {
      const achieved = perSecond(each, 2e-9);
      if (each.phase !== "predict" || achieved === undefined || !each.params) return [];
      const intensity = (2 * each.macs! * each.batch) / (4 * each.params);
      return [{ model: each.model, batch: each.batch, intensity, achieved }];
    });
    if (points.length === 0) return [];
    return [
      { engine, device, peak: gflops, ...(bandwidth !== undefined && { bandwidth }), points },
    ];
  });
  return places.length === 0 ? [] : [{ type: "roofline", places }];
}

/** Multiply-adds a second, times a factor. */
const perSecond = ({ macs, batch, median_ms }: BenchRecord, factor: number): number | undefined =>
  macs === undefined || !median_ms ? undefined : (factor * 1000 * macs * batch) / median_ms;
