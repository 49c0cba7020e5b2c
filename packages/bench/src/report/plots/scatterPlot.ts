// Points of several classes: each class a colour and a shape, so that neither is needed alone.
import { scaleLinear } from "d3-scale";
import { symbol, symbolCircle, symbolDiamond, symbolSquare, symbolTriangle } from "d3-shape";
import { bottomAxis, type Frame, leftAxis } from "./axes";
import { el, figure, type Markup } from "./markup";

const shapes = [symbolCircle, symbolTriangle, symbolSquare, symbolDiamond];

export function scatterPlot({
  id,
  title,
  description,
  xTitle,
  yTitle,
  classes,
  points,
}: {
  id: string;
  title: string;
  description: string;
  xTitle: string;
  yTitle: string;
  classes: readonly string[];
  points: readonly { x: number; y: number; label: number }[];
}): Markup {
  const frame: Frame = { width: 440, height: 350, top: 62, right: 8, bottom: 42, left: 34 };
  const x = scaleLinear(extent(points.map((point) => point.x)), [
    frame.left,
    frame.width - frame.right,
  ]).nice();
  const y = scaleLinear(extent(points.map((point) => point.y)), [
    frame.height - frame.bottom,
    frame.top,
  ]).nice();
  const mark = (label: number, size: number) =>
    symbol(shapes[label % shapes.length]!, size)() ?? "";
  return figure(
    { id, width: frame.width, height: frame.height, title, description },
    classes.map((name, label) =>
      el(
        "g",
        { transform: `translate(${8 + label * 110} 10)` },
        el("path", { class: `class-${label}`, d: mark(label, 70) }),
        el("text", { class: "label", x: 12, y: 4.5 }, name),
      ),
    ),
    leftAxis(frame, y, { at: y.ticks(6), show: y.tickFormat(6) }, yTitle),
    bottomAxis(
      frame,
      x,
      { at: x.ticks(7), show: x.tickFormat(7) },
      { title: xTitle, grid: "lines" },
    ),
    points.map((point) =>
      el(
        "path",
        {
          class: `point class-${point.label}`,
          transform: `translate(${x(point.x).toFixed(1)} ${y(point.y).toFixed(1)})`,
          d: mark(point.label, 44),
        },
        el("title", {}, `${classes[point.label]}: ${point.x.toFixed(2)}, ${point.y.toFixed(2)}`),
      ),
    ),
  );
}

function extent(values: readonly number[]): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return [low, high];
}
