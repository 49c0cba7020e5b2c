import type { GradientContext } from "../gradient";
/**
 * Whether updates replace what was there, or are added to it.
 *
 * @throws CajalError `unsupported` for other reductions
 */
export declare function replaces({ node, string }: GradientContext): boolean;
