// Values against a cost on a logarithmic axis, a bubble each; its area is a third quantity.
import { scaleLinear, scaleLog } from "d3-scale";
import { bottomAxis, type Frame, leftAxis, logTicks, onLogAxis } from "./axes";
import { el, figure, type Markup } from "./markup";
import { spreadLabels } from "./spread";

export interface Bubble {
  readonly name: string;
  readonly x: number;
  readonly y: number;
  /** What the area shows. */
  readonly size: number;
  /** Of the colour: 0 is the first. */
  readonly kind: number;
  /** What a pointer on it is told. */
  readonly title: string;
}

export function bubbleChart({
  id,
  title,
  description,
  xTitle,
  yTitle,
  showX,
  showY,
  bubbles: given,
}: {
  id: string;
  title: string;
  description: string;
  xTitle: string;
  yTitle: string;
  showX: (value: number) => string;
  showY: (value: number) => string;
  bubbles: readonly Bubble[];
}): Markup {
  const bubbles = given.map((bubble) => ({ ...bubble, x: onLogAxis(bubble.x) }));
  const frame: Frame = { width: 440, height: 340, top: 40, right: 24, bottom: 42, left: 46 };
  const [left, right] = [frame.left + 14, frame.width - frame.right];
  const xs = bubbles.map(({ x }) => x);
  const ys = bubbles.map(({ y }) => y);
  const [low, high] = [Math.min(...xs) / 1.3, Math.max(...xs) * 1.9];
  const x = scaleLog([low, high], [left, right]);
  const margin = Math.max(0.005, 0.12 * (Math.max(...ys) - Math.min(...ys)));
  const y = scaleLinear(
    [Math.min(...ys) - margin, Math.max(...ys) + margin],
    [frame.height - frame.bottom, frame.top],
  );
  const largest = Math.max(...bubbles.map(({ size }) => size));
  const radius = (size: number) => 4 + 14 * Math.sqrt(Math.max(0, size) / (largest || 1));
  const labels = spreadLabels(
    bubbles.map((bubble) => y(bubble.y) + 4),
    13,
    frame.top + 6,
    frame.height - frame.bottom - 2,
  );
  // Large ones first: none is hidden behind another.
  const order = bubbles.map((_, i) => i).sort((a, b) => bubbles[b]!.size - bubbles[a]!.size);
  return figure(
    { id, width: frame.width, height: frame.height, title, description },
    leftAxis(frame, y, { at: y.ticks(6), show: showY }, yTitle),
    bottomAxis(
      frame,
      x,
      { at: logTicks(low, high), show: showX },
      { title: xTitle, grid: "lines" },
    ),
    order.map((i) => {
      const bubble = bubbles[i]!;
      return el(
        "circle",
        {
          class: `point class-${bubble.kind}`,
          cx: x(bubble.x),
          cy: y(bubble.y),
          r: radius(bubble.size),
        },
        el("title", {}, bubble.title),
      );
    }),
    bubbles.map((bubble, i) => {
      const besideLabel = x(bubble.x) + radius(bubble.size) + 4;
      // Where the right is too near, the name stands at the left.
      const hasRoom = besideLabel + 6.6 * bubble.name.length < frame.width;
      return el(
        "text",
        {
          class: "tick halo",
          x: hasRoom ? besideLabel : x(bubble.x) - radius(bubble.size) - 4,
          y: labels[i]!,
          "text-anchor": hasRoom ? "start" : "end",
        },
        bubble.name,
      );
    }),
  );
}
