// What a gradient must be at one place: the slope of a function to both sides, by differences.

/** Bounds that a partial derivative lies in; undefined where the function is not finite around the place. */
export type Bounds = readonly [low: number, high: number];

export interface Precision {
  /** Distance of the points compared, for a place of size 1. */
  readonly step: number;
  /** Relative rounding of the function's values. */
  readonly rounding: number;
  /** Error of a smooth function's slope, against the slope. */
  readonly slack: number;
  /** How far the slopes to both sides of a smooth place may be apart. */
  readonly bend: number;
}

export const precisions = {
  float64: { step: 1e-5, rounding: 1e-15, slack: 1e-6, bend: 1e-3 },
  float32: { step: 4e-3, rounding: 2e-7, slack: 2e-3, bend: 0.05 },
} as const satisfies Record<string, Precision>;

/**
 * At a kink the slopes to both sides differ, and all between are right (a subgradient).
 *
 * @param f the function along one coordinate
 * @param size of the values that f adds up, which its rounding goes by
 * @param representable the number that the coordinate is stored as
 */
export async function slopeAt(
  f: (x: number) => Promise<number>,
  at: number,
  size: number,
  { step, rounding, slack, bend }: Precision,
  representable: (x: number) => number,
): Promise<Bounds | undefined> {
  const here = await f(at);
  const slope = async (h: number) => {
    const x = representable(at + h);
    return ((await f(x)) - here) / (x - at);
  };
  const h = step * Math.max(1, Math.abs(at));
  const [ahead, behind] = [await slope(h), await slope(-h)];
  if (!Number.isFinite(ahead) || !Number.isFinite(behind)) return undefined;
  const wide = Math.max(1, Math.abs(ahead), Math.abs(behind));
  const noise = (rounding * Math.max(1, size)) / h;
  const apart = bend * wide + 4 * noise;
  const [near, back] = [await slope(h / 2), await slope(-h / 2)];
  // At a jump a difference grows as its step shrinks: there is no slope.
  if (Math.abs(near - ahead) > 8 * apart || Math.abs(back - behind) > 8 * apart) return undefined;
  if (Math.abs(ahead - behind) > apart)
    return [Math.min(ahead, behind) - apart, Math.max(ahead, behind) + apart];
  // Richardson's extrapolation of the central difference, and of both sides alone: where the slope itself has
  // a kink (x / (1 + |x|) at 0) only these converge.
  const central = (2 * (near + back) - (ahead + behind) / 2) / 3;
  const sides = near - ahead / 2 + back - behind / 2;
  const error = slack * wide + 8 * noise;
  return [Math.min(central, sides) - error, Math.max(central, sides) + error];
}
