// Lines over a shared axis, each named at its end.
import { scaleLinear } from "d3-scale";
import { line } from "d3-shape";
import { bottomAxis, type Frame, leftAxis } from "./axes";
import { el, figure, type Markup } from "./markup";
import { spreadLabels } from "./spread";

export interface Line {
  readonly name: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

export function lineChart({
  id,
  title,
  description,
  xTitle,
  showY,
  lines,
}: {
  id: string;
  title: string;
  description: string;
  xTitle: string;
  showY: (value: number) => string;
  /** Coloured in their order. */
  lines: readonly Line[];
}): Markup {
  const frame: Frame = { width: 440, height: 320, top: 40, right: 118, bottom: 42, left: 46 };
  const points = lines.flatMap((each) => each.points).filter(({ y }) => Number.isFinite(y));
  const end = frame.width - frame.right;
  const bottom = frame.height - frame.bottom;
  const x = scaleLinear([0, Math.max(1e-9, ...points.map((point) => point.x))], [frame.left, end]);
  const ys = points.length === 0 ? [0, 1] : points.map((point) => point.y);
  const y = scaleLinear([Math.min(...ys), Math.max(...ys)], [bottom, frame.top]).nice(5);
  const path = line<{ x: number; y: number }>(
    (point) => x(point.x),
    (point) => y(point.y),
  ).defined((point) => Number.isFinite(point.y));
  const lasts = lines.map((each) => each.points.findLast((point) => Number.isFinite(point.y)));
  const labels = spreadLabels(
    lasts.map((point) => (point === undefined ? bottom : y(point.y) + 4)),
    14,
    frame.top + 4,
    bottom,
  );
  return figure(
    { id, width: frame.width, height: frame.height, title, description },
    leftAxis(frame, y, { at: y.ticks(5), show: showY }, title),
    bottomAxis(frame, x, { at: x.ticks(5), show: String }, { title: xTitle }),
    lines.map(({ name, points }, i) => {
      const last = lasts[i];
      return el(
        "g",
        { class: `line-${i % 8}` },
        el("path", { class: "curve", d: path([...points]) ?? "" }),
        last === undefined
          ? undefined
          : [
              el(
                "circle",
                { class: "last", cx: x(last.x), cy: y(last.y), r: 3.5 },
                el("title", {}, `${name}: ${showY(last.y)}`),
              ),
              // From the line's end to its name.
              el("path", { class: "leader", d: `M${x(last.x) + 4} ${y(last.y)}L${end + 6} ${labels[i]! - 4}` }), // prettier-ignore
            ],
        el("text", { class: "end name", x: end + 10, y: labels[i]! }, name),
      );
    }),
  );
}
