// One quantity of several things: bars from 0, each with its value.
import { scaleLinear } from "d3-scale";
import { el, figure, type Markup } from "./markup";

export function valueBars({
  id,
  title,
  description,
  bars,
  most,
  show,
}: {
  id: string;
  title: string;
  description: string;
  bars: readonly { readonly name: string; readonly value: number }[];
  /** The end of the axis, to share between figures. */
  most: number;
  show: (value: number) => string;
}): Markup {
  const row = 40;
  const width = 440;
  const x = scaleLinear([0, Math.max(most, 1e-9)], [0, width]);
  return figure(
    { id, width, height: bars.length * row + 2, title, description },
    bars.map(({ name, value }, i) =>
      el(
        "g",
        {},
        el("text", { class: "label", x: 0, y: i * row + 14 }, name),
        el(
          "text",
          { class: "tick", x: width, y: i * row + 14, "text-anchor": "end" },
          el("tspan", { class: "strong" }, show(value)),
        ),
        el("rect", { class: "track", x: 0, y: i * row + 20, width, height: 10, rx: 2 }),
        el("rect", { class: "share", x: 0, y: i * row + 20, width: Math.max(1.5, x(value)), height: 10, rx: 2 }), // prettier-ignore
      ),
    ),
  );
}
