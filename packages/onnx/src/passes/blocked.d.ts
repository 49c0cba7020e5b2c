import { type Convolution } from "../graph/convolution";
import type { OnnxModel } from "../model/model";
/**
 * The same model, its convolutions (and transposed ones) of weights that are not constant on blocked
 * kernels, where those are faster.
 *
 * @param block channels in a block, as the processor has it: 16 with AVX-512, 8 with AVX2. What is not
 *   known is tried: a wrong one gives wrong results, and without such kernels nothing opens
 */
export declare function blocked(model: OnnxModel, block: number): OnnxModel;
/**
 * Whether {@link blocked} serves a convolution.
 *
 * @param transposed whether it is that of the image's gradient, from y to x
 */
export declare function servedInBlocks(conv: Convolution, block: number, transposed?: boolean): boolean;
