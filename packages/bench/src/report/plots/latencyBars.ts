// Times on a logarithmic scale, fastest first, with how many times slower each is than the first.
import { scaleLog } from "d3-scale";
import { times } from "../../text/format";
import { type Child, el, figure, type Markup } from "./markup";

export function latencyBars({
  id,
  title,
  description,
  bars,
  domain,
  show,
}: {
  id: string;
  title: string;
  description: string;
  /** Milliseconds; the first is what the others are compared with. */
  bars: readonly { name: string; median: number; p90: number }[];
  /** Least and greatest time of the axis, to share between figures. */
  domain: readonly [number, number];
  show: (milliseconds: number) => string;
}): Markup {
  const row = 50;
  const width = 440;
  const top = 6;
  const bottom = top + bars.length * row;
  // A time may round to 0, which has no logarithm.
  const scale = scaleLog(
    domain.map((time) => Math.max(time, shortest)),
    [0, width - 12],
  );
  const x = (time: number) => scale(Math.max(time, shortest));
  const powers = scale
    .ticks()
    .filter((tick) => Number.isInteger(Math.round(1e9 * Math.log10(tick)) / 1e9));
  const fastest = bars[0]?.median ?? NaN;
  return figure(
    { id, width, height: bottom + 26, title, description },
    powers.map((power): Child => [
      el("line", { class: "grid", x1: x(power), x2: x(power), y1: top, y2: bottom }),
      el(
        "text",
        {
          class: "tick",
          x: x(power),
          y: bottom + 18,
          "text-anchor": x(power) < 10 ? "start" : x(power) > width - 40 ? "end" : "middle",
        },
        show(power),
      ),
    ]),
    bars.map(({ name, median, p90 }, i): Child => {
      const y = top + i * row;
      return [
        el("text", { class: "label", x: 0, y: y + 15 }, name),
        el(
          "text",
          { class: "tick", x: width, y: y + 15, "text-anchor": "end" },
          el("tspan", { class: "strong" }, show(median)),
          !(median / fastest >= 1.05) ? "" : ` · ${times(median / fastest)} slower`,
        ),
        el(
          "rect",
          {
            class: i === 0 ? "bar first" : "bar",
            x: 0,
            y: y + 22,
            width: Math.max(2, x(median)),
            height: 16,
            rx: 2,
          },
          el("title", {}, `${name}: median ${show(median)}, 90 % within ${show(p90)}`),
        ),
        el("path", {
          class: "whisker",
          d: `M${x(median).toFixed(1)} ${y + 30}H${x(p90).toFixed(1)}m0 -4v8`,
        }),
      ];
    }),
  );
}

/** Of the axis, in milliseconds: a nanosecond. */
const shortest = 1e-6;
