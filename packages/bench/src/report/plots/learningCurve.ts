// One quantity over the epochs, for training and validation, each line named at its end.
import { scaleLinear, scaleLog } from "d3-scale";
import { line } from "d3-shape";
import { bottomAxis, type Frame, leftAxis, logTicks } from "./axes";
import { el, figure, type Markup } from "./markup";
import { spreadLabels } from "./spread";

export function learningCurve({
  id,
  title,
  description,
  scale,
  show,
  lines,
}: {
  id: string;
  title: string;
  description: string;
  scale: "linear" | "log";
  show: (value: number) => string;
  lines: readonly { name: string; class: string; values: readonly number[] }[];
}): Markup {
  const frame: Frame = { width: 440, height: 300, top: 40, right: 96, bottom: 42, left: 46 };
  // Where a value is no number, the line has a gap.
  const finite = lines.flatMap((line) => line.values).filter((value) => Number.isFinite(value));
  const values = finite.length === 0 ? [1] : finite;
  const epochs = Math.max(1, ...lines.map((line) => line.values.length));
  const x = scaleLinear([1, Math.max(2, epochs)], [frame.left, frame.width - frame.right]);
  const range = [frame.height - frame.bottom, frame.top];
  // A loss may round to 0, which has no logarithm.
  const least = scale === "log" ? 1e-6 : -Infinity;
  const low = Math.max(least, Math.min(...values));
  const high = Math.max(least, Math.max(...values));
  const y =
    scale === "log"
      ? scaleLog([low / 1.25, high * 1.25], range)
      : scaleLinear([low, high], range).nice(5);
  const path = line<number>(
    (_, i) => x(i + 1),
    (value) => y(Math.max(value, least)),
  ).defined(Number.isFinite);
  const labelHeights = spreadLabels(
    lines.map(({ values }) => y(Math.max(values.findLast(Number.isFinite) ?? high, least))),
    30,
    frame.top + 10,
    frame.height - frame.bottom - 10,
  );
  return figure(
    { id, width: frame.width, height: frame.height, title, description },
    leftAxis(frame, y, { at: scale === "log" ? logTicks(low, high) : y.ticks(5), show }, title),
    bottomAxis(
      frame,
      x,
      { at: x.ticks(Math.min(8, epochs)).filter(Number.isInteger), show: String },
      { title: "epoch" },
    ),
    lines.map(({ name, class: kind, values }, i) => {
      const last = values.at(-1);
      const end = frame.width - frame.right + 10;
      return el(
        "g",
        { class: kind },
        el("path", { class: "curve", d: path(values) ?? "" }),
        values.map((value, epoch) =>
          Number.isFinite(value)
            ? el(
                "circle",
                {
                  class: epoch === values.length - 1 ? "last" : "hover",
                  cx: x(epoch + 1),
                  cy: y(Math.max(value, least)),
                  r: 3.5,
                },
                el("title", {}, `${name}, epoch ${epoch + 1}: ${show(value)}`),
              )
            : undefined,
        ),
        last === undefined
          ? undefined
          : [
              el("text", { class: "end", x: end, y: labelHeights[i]! - 2 }, name),
              el("text", { class: "end value", x: end, y: labelHeights[i]! + 13 }, show(last)),
            ],
      );
    }),
  );
}
