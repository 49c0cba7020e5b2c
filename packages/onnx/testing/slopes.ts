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
  readonly curvature: number;
}

export const precisions = {
  float64: { step: 1e-5, rounding: 1e-15, slack: 1e-6, curvature: 1e-3 },
  float32: { step: 4e-3, rounding: 2e-7, slack: 2e-3, curvature: 0.05 },
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
  { step, rounding, slack, curvature: bend }: Precision,
  representable: (x: number) => number,
): Promise<Bounds | undefined> {
  const value = await f(at);
  const slope = async (h: number) => {
    const x = representable(at + h);
    return ((await f(x)) - value) / (x - at);
  };
  const h = step * Math.max(1, Math.abs(at));
  const [slopeAhead, slopeBehind] = [await slope(h), await slope(-h)];
  if (!Number.isFinite(slopeAhead) || !Number.isFinite(slopeBehind)) return undefined;
  const magnitude = Math.max(1, Math.abs(slopeAhead), Math.abs(slopeBehind));
  const noise = (rounding * Math.max(1, size)) / h;
  const tolerance = bend * magnitude + 4 * noise;
  const [nearSlopeAhead, nearSlopeBehind] = [await slope(h / 2), await slope(-h / 2)];
  // At a jump a difference grows as its step shrinks: there is no slope.
  if (
    Math.abs(nearSlopeAhead - slopeAhead) > 8 * tolerance ||
    Math.abs(nearSlopeBehind - slopeBehind) > 8 * tolerance
  )
    return undefined;
  if (Math.abs(slopeAhead - slopeBehind) > tolerance)
    return [
      Math.min(slopeAhead, slopeBehind) - tolerance,
      Math.max(slopeAhead, slopeBehind) + tolerance,
    ];
  // Richardson's extrapolation of the central difference, and of both sides alone: where the slope itself has
  // a kink (x / (1 + |x|) at 0) only these converge.
  const central = (2 * (nearSlopeAhead + nearSlopeBehind) - (slopeAhead + slopeBehind) / 2) / 3;
  const sides = nearSlopeAhead - slopeAhead / 2 + nearSlopeBehind - slopeBehind / 2;
  const error = slack * magnitude + 8 * noise;
  return [Math.min(central, sides) - error, Math.max(central, sides) + error];
}
