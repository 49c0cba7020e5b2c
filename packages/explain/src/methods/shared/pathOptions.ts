// What methods along a path from a baseline have in common.
import type { Baseline } from "../baseline";
import type { QuadratureRule } from "./quadrature";

export interface PathOptions {
  /** Default 0. */
  readonly baseline?: Baseline;
  /** Default 50. */
  readonly steps?: number;
  /** Default "gausslegendre". */
  readonly rule?: QuadratureRule;
}

export const pathOptions = ["baseline", "steps", "rule"] as const;
