// The same network on every engine and device: do they agree, and how fast are they?
import { markdownTable } from "../../text/tables";
import { engineLabel, engineName, exponent, milliseconds, times, whole } from "../../text/format";
import { md } from "../../text/markdownText";
import { places } from "../places";
import { latencyBars } from "../plots/latencyBars";
import { el } from "../plots/markup";
import * as is from "../rules";
import { defineSection } from "./shared/defineSection";
import { plot, tableRow } from "./shared/parts";

/** The same network on every engine and device; the times are the records of phase "predict". */
export interface EnginesSection {
  type: "engines";
  model: string;
  dataset: string;
  examples: number;
  /** Largest relative difference of logits that counts as the same answer. */
  tolerance: number;
  reference: Place;
  agreement: (Place & { difference: number })[];
  unavailable: (Place & { reason: string })[];
}

export interface Place {
  engine: string;
  device: string;
}

export const engines = defineSection<EnginesSection>({
  type: "engines",
  check: is.object({
    model: is.text,
    dataset: is.text,
    examples: is.whole,
    tolerance: is.quantity,
    reference: is.object(is.place),
    agreement: is.list(is.object({ ...is.place, difference: is.quantityOrNull })),
    unavailable: is.list(is.object({ ...is.place, reason: is.text })),
  }),
  highlights(section, records) {
    const [group] = places(records, section.model);
    const onnx = group?.rows.find(({ engine, device }) => engine === "onnx" && device === "cpu");
    if (group === undefined || onnx === undefined) return [];
    return [
      {
        value: milliseconds(onnx.median_ms),
        text: `a prediction, batch ${group.batch}, on ONNX Runtime`,
      },
      ...["wasm", "cpu"].flatMap((device) => {
        const tfjs = group.rows.find((row) => row.engine === "tfjs" && row.device === device);
        if (tfjs === undefined) return [];
        const value = times(tfjs.median_ms / onnx.median_ms);
        return [{ value, text: `as fast as TF.js ${device}, batch ${group.batch}` }];
      }),
    ];
  },
  html(section, { id, records }) {
    const groups = places(records, section.model);
    const all = groups.flatMap(({ rows }) => rows.flatMap((row) => [row.median_ms, row.p90_ms]));
    const domain = [
      10 ** Math.floor(Math.log10(Math.min(...all))),
      Math.max(...all) * 1.15,
    ] as const;
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
              id: id(`latency-${batch}`),
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
          tableRow(
            "th",
            "engine",
            "device",
            "largest difference",
            ...groups.map(({ batch }) => `examples a second, batch ${batch}`),
          ),
          [{ ...section.reference, difference: undefined }, ...section.agreement].map((place) =>
            tableRow(
              "td",
              engineLabel(place.engine),
              place.device,
              place.difference === undefined ? "the reference" : exponent(place.difference),
              ...groups.map(({ batch, rows }) => {
                const row = rows.find(
                  ({ engine, device }) => engine === place.engine && device === place.device,
                );
                return row === undefined ? "–" : whole((1000 * batch) / row.median_ms);
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
  },
  markdown(section, { records }) {
    return [
      "## The same network on every engine",
      ...places(records, section.model).map(({ batch, rows }) =>
        [
          md`Batch ${batch}:`,
          markdownTable(
            ["engine", "median", "p90", "against the fastest"],
            rows.map((row) => [
              engineName(row),
              milliseconds(row.median_ms),
              milliseconds(row.p90_ms),
              times(row.median_ms / rows[0]!.median_ms),
            ]),
          ),
        ].join("\n\n"),
      ),
      md`Largest relative difference of logits from ${engineName(section.reference)}: ${section.agreement.map((place) => `${engineName(place)} ${exponent(place.difference)}`).join(", ")}.`,
      ...section.unavailable.map((place) => md`- ${engineName(place)}: ${place.reason}`),
    ].join("\n\n");
  },
});
