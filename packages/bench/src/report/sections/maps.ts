// What a network looks at while it learns: held-out pictures with their maps, epoch after epoch.
import { percent } from "../../text/format";
import { el } from "../plots/markup";
import * as is from "../rules";
import { markdownTable } from "../../text/tables";
import { defineSection } from "./shared/defineSection";

export interface MapsSection {
  type: "maps";
  model: string;
  /** As people call it: "Grad-CAM". */
  method: string;
  /** The layer that the maps were taken from. */
  layer?: string;
  images: MappedImage[];
}

export interface MappedImage {
  /** Its class. */
  label: string;
  /** A PNG file, base64. */
  png: string;
  frames: MapFrame[];
}

export interface MapFrame {
  /** After so many epochs. */
  epoch: number;
  /** The probability of the picture's class, 0–1. */
  probability: number;
  /** The map on its picture: a PNG file, base64. */
  png: string;
}

/** Nothing but the letters of base64 gets into a page's address. */
const png = is.rule("a PNG file in base64", (value) => typeof value === "string" && /^iVBOR[A-Za-z0-9+/]+={0,2}$/.test(value)); // prettier-ignore

const image = (data: string, alt: string) =>
  el("img", { src: `data:image/png;base64,${data}`, alt });

export const maps = defineSection<MapsSection>({
  type: "maps",
  check: is.object({
    model: is.text,
    method: is.text,
    layer: is.optional(is.text),
    images: is.list(
      is.object({
        label: is.text,
        png,
        frames: is.list(is.object({ epoch: is.whole, probability: is.share, png })),
      }),
    ),
  }),
  html: ({ method, layer, images }) =>
    el(
      "section",
      {},
      el("h2", {}, "What it looks at"),
      el(
        "p",
        {},
        `${method}${layer === undefined ? "" : ` at ${layer}`}: where held-out pictures speak for their class, the lighter the more, as the network learns. Below each map is the probability of that class.`,
      ),
      images.map(({ label, png, frames }) =>
        el(
          "div",
          { class: "maps" },
          el("figure", {}, image(png, `A held-out picture of ${label}`), el("figcaption", {}, el("b", {}, label))), // prettier-ignore
          frames.map((frame) =>
            el(
              "figure",
              {},
              image(frame.png, `Where the network looks after epoch ${frame.epoch}`),
              el("figcaption", {}, `epoch ${frame.epoch}: ${percent(frame.probability, 0)}`),
            ),
          ),
        ),
      ),
    ),
  markdown: ({ images }) =>
    [
      "## What it looks at",
      "The probability of each held-out picture's class, by epoch; the page of the report has the maps.",
      markdownTable(
        ["", ...(images[0]?.frames ?? []).map(({ epoch }) => String(epoch))],
        images.map(({ label, frames }) => [
          label,
          ...frames.map(({ probability }) => percent(probability, 0)),
        ]),
      ),
    ].join("\n\n"),
});
