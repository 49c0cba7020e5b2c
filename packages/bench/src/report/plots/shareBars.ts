// Shares of a whole, largest first, with what they sum to so far.
import { scaleLinear } from "d3-scale";
import { el, figure, type Markup } from "./markup";

export function shareBars({
  id,
  title,
  description,
  shares,
  name,
}: {
  id: string;
  title: string;
  description: string;
  shares: readonly number[];
  name: (index: number) => string;
}): Markup {
  const row = 46;
  const width = 440;
  const x = scaleLinear([0, 1], [0, width]);
  let sum = 0;
  return figure(
    { id, width, height: shares.length * row + 4, title, description },
    shares.map((share, i) => {
      sum += share;
      const y = i * row;
      return el(
        "g",
        {},
        el("text", { class: "label", x: 0, y: y + 14 }, name(i)),
        el(
          "text",
          { class: "tick", x: width, y: y + 14, "text-anchor": "end" },
          `${percent(share)} · together ${percent(sum)}`,
        ),
        el("rect", { class: "track", x: 0, y: y + 21, width, height: 12, rx: 2 }),
        el("rect", {
          class: "sum",
          x: 0,
          y: y + 21,
          width: x(Math.min(1, sum)),
          height: 12,
          rx: 2,
        }),
        el("rect", {
          class: "share",
          x: x(Math.max(0, sum - share)),
          y: y + 21,
          width: Math.max(1.5, x(share)),
          height: 12,
          rx: 2,
        }),
      );
    }),
  );
}

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
