// What a network answers to the held-out examples, and what it misreads.
import { markdownTable } from "../../text/tables";
import { percent, whole } from "../../text/format";
import { confusionMatrix } from "../plots/confusionMatrix";
import { picture } from "../plots/picture";
import { el } from "../plots/markup";
import * as is from "../rules";
import { defineSection } from "./shared/defineSection";
import { plot } from "./shared/parts";

/** What the network answers to the held-out examples. */
export interface PredictionsSection {
  type: "predictions";
  model: string;
  dataset: string;
  classes: readonly string[];
  examples: number;
  /** `confusion[truth][read]`: how often. */
  confusion: number[][];
  misread: Misread[];
}

export interface Misread {
  /** Which example of the data set. */
  index: number;
  truth: number;
  read: number;
  /** The softmax probability given to `read`, 0–1. */
  probability: number;
  width: number;
  height: number;
  /** 0 (background) … 1 (ink), row by row. */
  pixels: number[];
}

export const predictions = defineSection<PredictionsSection>({
  type: "predictions",
  check: is.object({
    model: is.text,
    dataset: is.text,
    classes: is.list(is.text),
    examples: is.whole,
    confusion: is.list(is.list(is.whole)),
    misread: is.list(misread),
  }),
  highlights: ({ examples, misread, dataset }) => [
    {
      value: percent((examples - misread.length) / examples),
      text: `of ${whole(examples)} held-out ${dataset} read right`,
      leads: true,
    },
  ],
  html(section, { id }) {
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
            id: id("confusion"),
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
                    id: id(`example-${example.index}`),
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
  },
  markdown(section) {
    return [
      "## Confusion matrix",
      "Rows: what it was; columns: what it was read as.",
      markdownTable(
        ["", ...section.classes],
        section.confusion.map((row, truth) => [
          section.classes[truth] ?? "",
          ...row.map((count) => (count === 0 ? "·" : String(count))),
        ]),
      ),
    ].join("\n\n");
  },
});

function misread(value: unknown, path: string): void {
  is.object({
    index: is.whole,
    truth: is.whole,
    read: is.whole,
    probability: is.share,
    width: is.whole,
    height: is.whole,
    pixels: is.list(is.number),
  })(value, path);
  const { width, height, pixels } = value as { width: number; height: number; pixels: number[] };
  if (pixels.length !== width * height)
    throw is.bad(`${path}.pixels`, `${pixels.length} numbers`, `${width} × ${height}`);
}
