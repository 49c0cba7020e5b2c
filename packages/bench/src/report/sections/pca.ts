// Examples in the plane of their first two principal components.
import { markdownTable } from "../../text/tables";
import { percent, whole } from "../../text/format";
import { md } from "../../text/markdownText";
import { scatterPlot } from "../plots/scatterPlot";
import { shareBars } from "../plots/shareBars";
import { el } from "../plots/markup";
import * as is from "../rules";
import { defineSection } from "./shared/defineSection";
import { capital, plot } from "./shared/parts";

/** Examples in the plane of their first two principal components. */
export interface PcaSection {
  type: "pca";
  dataset: string;
  features: readonly string[];
  classes: readonly string[];
  /** Of every component, shares that sum to 1. */
  explained_variance_ratio: number[];
  points: { x: number; y: number; label: number }[];
}

export const pca = defineSection<PcaSection>({
  type: "pca",
  check: is.object({
    dataset: is.text,
    features: is.list(is.text),
    classes: is.list(is.text),
    explained_variance_ratio: is.list(is.share),
    points: is.list(is.object({ x: is.number, y: is.number, label: is.whole })),
  }),
  html(section, { id }) {
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
            id: id("pca"),
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
            id: id("variance"),
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
  },
  markdown(section) {
    return [
      md`## PCA of ${section.dataset}`,
      markdownTable(
        ["component", "explained variance ratio"],
        section.explained_variance_ratio.map((share, i) => [String(i + 1), share.toFixed(8)]),
      ),
    ].join("\n\n");
  },
});
