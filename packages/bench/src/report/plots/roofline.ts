// What was achieved under what the device can do: Williams, Waterman & Patterson 2009, doi:10.1145/1498765.1498785.
import { scaleLog } from "d3-scale";
import { bottomAxis, type Frame, leftAxis, logTicks, onLogAxis } from "./axes";
import { el, figure, type Markup } from "./markup";

export function roofline({
  id,
  title,
  description,
  show,
  ...given
}: {
  id: string;
  title: string;
  description: string;
  /** GFLOP/s of a large matrix product. */
  peak: number;
  /** GB/s of a matrix times a vector; absent where it was not measured. */
  bandwidth?: number;
  /** `intensity` in FLOP a byte, `achieved` in GFLOP/s. */
  points: readonly {
    readonly name: string;
    readonly intensity: number;
    readonly achieved: number;
  }[];
  show: (value: number) => string;
}): Markup {
  const frame: Frame = { width: 440, height: 320, top: 40, right: 24, bottom: 42, left: 46 };
  const peak = onLogAxis(given.peak);
  const bandwidth = given.bandwidth === undefined ? undefined : onLogAxis(given.bandwidth);
  const points = given.points.map(({ name, intensity, achieved }) => ({ name, intensity: onLogAxis(intensity), achieved: onLogAxis(achieved) })); // prettier-ignore
  const intensities = points.map(({ intensity }) => intensity);
  const knee = bandwidth === undefined ? undefined : peak / bandwidth;
  const [low, high] = [
    Math.min(...intensities, knee ?? Infinity) / 2,
    Math.max(...intensities, knee ?? 0) * 2,
  ];
  const achieved = points.map((point) => point.achieved);
  const roof = (at: number) => Math.min(peak, bandwidth === undefined ? peak : bandwidth * at);
  const floor = Math.min(...achieved, roof(low)) / 2;
  const x = scaleLog([low, high], [frame.left, frame.width - frame.right]);
  const y = scaleLog([floor, peak * 1.6], [frame.height - frame.bottom, frame.top]);
  const corners = [low, ...(knee === undefined ? [] : [knee]), high];
  const path = corners.map((at, i) => `${i === 0 ? "M" : "L"}${x(at).toFixed(1)} ${y(roof(at)).toFixed(1)}`).join(""); // prettier-ignore
  return figure(
    { id, width: frame.width, height: frame.height, title, description },
    leftAxis(frame, y, { at: logTicks(floor, peak * 1.6), show }, "GFLOP/s"),
    bottomAxis(frame, x, { at: logTicks(low, high), show }, { title: "FLOP a byte of weights", grid: "lines" }), // prettier-ignore
    el("path", { class: "roof", d: path }),
    el("text", { class: "tick", x: frame.width - frame.right, y: y(peak) - 7, "text-anchor": "end" }, `peak ${show(peak)} GFLOP/s`), // prettier-ignore
    points.map((point) =>
      el(
        "circle",
        { class: "point class-0", cx: x(point.intensity), cy: y(point.achieved), r: 5 },
        el("title", {}, `${point.name}: ${show(point.achieved)} GFLOP/s at ${show(point.intensity)} FLOP a byte`), // prettier-ignore
      ),
    ),
  );
}
