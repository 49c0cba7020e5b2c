import type { GradientContext } from "../gradient";
/**
 * The numbers of input `i`; undefined where the node leaves it out.
 *
 * @throws CajalError `unsupported` where they are computed or fed at run time
 */
export declare function constantNumbers({ inputs, node, constant }: GradientContext, i: number, what: string): readonly number[] | undefined;
