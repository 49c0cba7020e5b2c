// Grid lines, ticks and titles around a plotting area.
import { type Child, el, type Markup } from "./markup";

export interface Frame {
  width: number;
  height: number;
  top: number;
  right: number;
  bottom: number;
  left: number;
}

interface Scale {
  (value: number): number;
}

export interface Ticks {
  at: readonly number[];
  show: (value: number) => string;
}

/** Horizontal grid lines with their values at the left, and a title above them. */
export function leftAxis(frame: Frame, scale: Scale, ticks: Ticks, title?: string): Markup {
  return el(
    "g",
    {},
    ticks.at.map((value): Child => {
      const y = scale(value);
      return [
        el("line", { class: "grid", x1: frame.left, x2: frame.width - frame.right, y1: y, y2: y }),
        el(
          "text",
          { class: "tick", x: frame.left - 8, y: y + 4, "text-anchor": "end" },
          ticks.show(value),
        ),
      ];
    }),
    title === undefined
      ? undefined
      : el("text", { class: "axis", x: 0, y: frame.top - 16, "text-anchor": "start" }, title),
  );
}

/** Values below the area, with a title below them; grid lines where `grid` is "lines". */
export function bottomAxis(
  frame: Frame,
  scale: Scale,
  ticks: Ticks,
  { title, grid = "none" }: { title?: string; grid?: "lines" | "none" } = {},
): Markup {
  const y = frame.height - frame.bottom;
  return el(
    "g",
    {},
    ticks.at.map((value): Child => {
      const x = scale(value);
      return [
        grid === "lines"
          ? el("line", { class: "grid", x1: x, x2: x, y1: frame.top, y2: y })
          : undefined,
        el("text", { class: "tick", x, y: y + 17, "text-anchor": "middle" }, ticks.show(value)),
      ];
    }),
    title === undefined
      ? undefined
      : el(
          "text",
          {
            class: "axis",
            x: (frame.left + frame.width - frame.right) / 2,
            y: y + 35,
            "text-anchor": "middle",
          },
          title,
        ),
  );
}

/** A value on a logarithmic axis: 0, of a network without weights, say, has no logarithm. */
export const onLogAxis = (value: number): number => Math.max(value, 1e-9);

/** Ticks of a logarithmic axis: 1, 2, 5 times the powers of ten from `low` to `high`, fewer where they would crowd. */
export function logTicks(low: number, high: number): number[] {
  const ticks: number[] = [];
  const span = Math.log10(high / low);
  const steps = span > 3 ? [1] : span > 1.5 ? [1, 3] : [1, 2, 5];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++)
    for (const step of steps) {
      const value = Number((step * 10 ** power).toPrecision(1));
      if (value >= low * 0.99 && value <= high * 1.01) ticks.push(value);
    }
  return ticks;
}
