// A measure of how good an explanation is.
import type { Tensor } from "@cajal/core";
import type { ExplainedGraph } from "../network/explainedGraph";
import type { Attributor } from "../methods/attribution";
import type { Call } from "../methods/call";

/** Numbers by name: one for each image, or a list of them. */
export type Figures = Readonly<Record<string, readonly number[] | readonly (readonly number[])[]>>;

export interface MetricCall extends Call {
  readonly explainer: Attributor;
  /** The images as they were given. */
  readonly input: Tensor;
  /** An explainer of the same network with other weights; undefined on engine tfjs. */
  readonly explainerOf: ((graph: ExplainedGraph) => Attributor) | undefined;
}

/** A metric, whatever its options are. */
export interface AnyMetric {
  readonly name: string;
  readonly title: string;
  /**
   * Which figure tells of good maps, and whether high or low ones do; of a list its last number. A map passes that
   * is better than a random one, or, where there is one, than `limit`.
   */
  readonly judges: {
    readonly figure: string;
    readonly better: "higher" | "lower";
    readonly limit?: number;
  };
  /** Names of options. */
  readonly options: readonly string[];
  /**
   * Its figures, and the same of a random map.
   *
   * @param options of those names
   */
  measure(call: MetricCall, options: object): Promise<Measured>;
}

export interface Metric<Name extends string, Options extends object> extends AnyMetric {
  readonly name: Name;
  readonly options: readonly (keyof Options & string)[];
  measure(call: MetricCall, options: Options): Promise<Measured>;
}

export interface Measured {
  readonly figures: Figures;
  readonly random: Figures;
  /** Of metrics with a `control`: the figures of each random map that was asked for, by its name. */
  readonly controls?: Readonly<Record<string, Figures>>;
}

/** Of each image, whether its map passes by the metric's own figure. */
export function passesOf(
  { figure, better, limit }: AnyMetric["judges"],
  { figures, random }: Measured,
): boolean[] {
  const last = (value: number | readonly number[]) => (typeof value === "number" ? value : value.at(-1)!); // prettier-ignore
  return figures[figure]!.map((value, i) => {
    const [ofMap, ofRandom] = [last(value), limit ?? last(random[figure]![i]!)];
    return better === "higher" ? ofMap > ofRandom : ofMap < ofRandom;
  });
}

/** Types a definition; registers nothing. */
export const defineMetric = <const Name extends string, Options extends object>(
  metric: Metric<Name, Options>,
): Metric<Name, Options> => metric;
