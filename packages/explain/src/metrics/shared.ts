// What metrics of heat maps have in common.
import {
  CajalError,
  checkTensor,
  random,
  showShape,
  tensor,
  unknownName,
  type Tensor,
} from "@cajal/core";
import { imageExtents, inside } from "../network/images";
import { rowOf } from "../network/rows";
import type { Figures, Measured, MetricCall } from "./metric";

export interface HeatOptions {
  /**
   * How hot each pixel is: [n, h, w], [h, w] for one image, or attributions [n, h, w, c], of which `channels` makes
   * one number.
   */
  readonly heat: Tensor;
  /** Default "absolute": the sum over channels of absolute values; "sum": of signed ones. */
  readonly channels?: "absolute" | "sum";
  /** Of the random map. Default 0. */
  readonly seed?: number;
}

export interface ControlledOptions extends HeatOptions {
  /**
   * The random map. "moved", the default: the map itself, all of it moved by a random offset, what leaves at one
   * edge coming in at the other: as hot and as smooth, but elsewhere. "noise": uniform in [0, 1), each pixel by
   * itself. Scattered pixels in another colour mislead a network wherever they lie (Rong et al. 2022,
   * arXiv:2202.00449): noise deletes about as fast as a good map does, and inserts worse than any. Of several,
   * `random` has the first, and `controls` all of them; the map's own figures are computed once.
   */
  readonly control?: ControlName | readonly ControlName[];
}

export const heatOptions = ["heat", "channels", "seed"] as const;
const controls = {
  moved: (heat: Heat, width: number, seed?: number) => movedHeat(heat, width, seed),
  noise: (heat: Heat, width: number, seed?: number) => randomHeat(heat, seed),
};
export type ControlName = keyof typeof controls;
export const controlledOptions = [...heatOptions, "control"] as const;

/** [n, h · w] */
export type Heat = readonly Float32Array[];

/** @throws CajalError `bad-shape`, `bad-argument` */
export function heatOf(
  { images, format }: Pick<MetricCall, "images" | "format">,
  { heat, channels = "absolute" }: HeatOptions,
): Heat {
  const [count, , height, width] = imageExtents("measure", images);
  if (!["absolute", "sum"].includes(channels))
    throw unknownName("channels", channels, ["absolute", "sum"]);
  if (typeof heat !== "object" || heat === null || heat.dtype !== "float32")
    throw new CajalError("bad-argument", "measure: expected `heat`, a float32 tensor.");
  checkTensor(heat, "measure: heat");
  const batched = inside(
    heat.shape.length === 2 ? { ...heat, shape: [1, ...heat.shape] } : heat,
    format,
  );
  const extents =
    batched.shape.length === 4 ? [batched.shape[0], ...batched.shape.slice(2)] : batched.shape;
  if (extents.join() !== [count, height, width].join())
    throw new CajalError(
      "bad-shape",
      `measure: got heat ${showShape(heat.shape)}, expected a number for every pixel of ${count} images of ${height} × ${width}.`,
      { got: heat.shape },
    );
  const area = height * width;
  return Array.from({ length: count }, (_, i) => {
    const row = rowOf(batched, i);
    const sum = new Float32Array(area);
    for (let at = 0; at < row.length; at++)
      sum[at % area]! +=
        batched.shape.length === 3 || channels === "sum" ? row[at]! : Math.abs(row[at]!);
    const bad = sum.findIndex((value) => !Number.isFinite(value));
    if (bad !== -1)
      throw new CajalError(
        "bad-argument",
        `measure: heat ${bad} is ${sum[bad]}, expected numbers.`,
      );
    return sum;
  });
}

/** As many maps, uniform in [0, 1). */
export const randomHeat = (like: Heat, seed = 0): Heat =>
  like.map((row, i) => {
    const numbers = random(seed, "heat", i);
    return row.map(() => numbers.float());
  });

/** Maps of `width` pixels a row, each moved by an offset of its own. */
export const movedHeat = (like: Heat, width: number, seed = 0): Heat =>
  like.map((row, i) => {
    const numbers = random(seed, "moved heat", i);
    const height = row.length / width;
    const [down, right] = [numbers.integer(height), numbers.integer(width)];
    return row.map((_, pixel) => {
      const y = (Math.floor(pixel / width) + height - down) % height;
      return row[y * width + (((pixel % width) + width - right) % width)]!;
    });
  });

/** The figures of a heat map beside those of random ones. */
export async function beside(
  call: MetricCall,
  options: ControlledOptions,
  figuresOf: (heat: Heat) => Figures | Promise<Figures>,
): Promise<Measured> {
  const { control = "moved", seed } = options;
  const names = [control].flat();
  const [first] = names;
  if (first === undefined) throw new CajalError("bad-argument", "measure: no control.");
  for (const name of names)
    if (!Object.hasOwn(controls, name)) throw unknownName("control", name, Object.keys(controls));
  const heat = heatOf(call, options);
  const figures = await figuresOf(heat);
  const random: Record<string, Figures> = {};
  for (const name of names)
    random[name] = await figuresOf(controls[name](heat, call.images.shape[3]!, seed));
  return { figures, random: random[first]!, controls: random };
}

/** Pixels from the hottest on; equal ones as they lie. */
export const fallingOrder = (heat: Float32Array): Uint32Array =>
  Uint32Array.from(heat.keys()).sort((a, b) => heat[b]! - heat[a]! || a - b);

/** A row of heat as a tensor [h, w]. */
export const heatTensor = (heat: Float32Array, shape: readonly number[]): Tensor<"float32"> =>
  tensor("float32", shape, heat);
