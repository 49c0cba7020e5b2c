// Where the marks of a plot lie: scales, ticks and paths, without any page.
import { scaleLinear, scaleLog } from "d3-scale";

export interface Series {
  readonly name: string;
  /** `[x, y]` each. */
  readonly points: readonly (readonly [number, number])[];
  /** How it is drawn, default a line. */
  readonly as?: "line" | "dots";
}

export interface PlotOptions {
  readonly width: number;
  readonly height: number;
  /** Of y; default linear. */
  readonly log?: boolean;
  /** What the axes hold besides the points. */
  readonly xRange?: readonly [number, number];
  readonly yRange?: readonly [number, number];
}

/** Room for the numbers beside the axes, in pixels. */
export const margin = { left: 56, right: 12, top: 10, bottom: 44 };

export function layout(series: readonly Series[], options: PlotOptions) {
  const { width, height, log = false, xRange = [], yRange = [] } = options;
  const points = series.flatMap((each) => each.points);
  const whole = points.every(([x]) => Number.isInteger(x));
  const extent = (values: readonly number[]): [number, number] =>
    values.length === 0 ? [0, 1] : [Math.min(...values), Math.max(...values)];
  const x = scaleLinear(extent([...points.map(([x]) => x), ...xRange]), [
    margin.left,
    width - margin.right,
  ]).nice(6);
  const y = (log ? scaleLog() : scaleLinear())
    .domain(extent([...points.map(([, y]) => y), ...yRange]))
    .range([height - margin.bottom, margin.top])
    .nice(5);
  return {
    // Between whole numbers, such as epochs, there is nothing.
    xTicks: x
      .ticks(6)
      .filter((value) => Number.isInteger(value) || !whole)
      .map((value) => ({ at: x(value), label: whole ? String(value) : x.tickFormat(6)(value) })),
    yTicks: y.ticks(5).flatMap((value) => {
      const label = (log ? y.tickFormat(5, "~g") : y.tickFormat(5))(value);
      return label ? [{ at: y(value), label }] : [];
    }),
    marks: series.map(({ name, points, as = "line" }) => {
      const at = points.map(([px, py]) => [round(x(px)), round(y(py))] as const);
      return { name, as, dots: at, path: `M${at.map((point) => point.join(",")).join("L")}` };
    }),
  };
}

const round = (value: number): number => Math.round(10 * value) / 10;
