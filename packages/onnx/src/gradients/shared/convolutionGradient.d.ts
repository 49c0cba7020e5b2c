import type { GraphBuilder, Value } from "../../graph/builder";
import { type Convolution } from "../../graph/convolution";
import type { GradientContext } from "../gradient";
/** The convolution that a node computes from an image `x` with kernel `w` to `y`. */
export declare const convolutionOf: (context: GradientContext, x: Value, w: Value, y: Value) => Convolution;
/** The gradient of the image. */
export declare function imageGradient(g: GraphBuilder, dy: Value, w: Value, conv: Convolution, block?: number): Value;
export type ImageGradient = "turned" | "transposed";
/**
 * The formulation for a convolution on CPU, by measurement (bench/convolutionGradient.ts).
 *
 * @param block of the kernels that the graph will be rewritten for ({@link blocked}), if it will be
 */
export declare function chooseImageGradient(conv: Convolution, block?: number): ImageGradient;
export declare const imageGradients: Record<ImageGradient, (g: GraphBuilder, dy: Value, w: Value, conv: Convolution) => Value>;
/** The gradient of the kernel, [maps, channels / group, ...kernel]. */
export declare function kernelGradient(g: GraphBuilder, x: Value, dy: Value, conv: Convolution, block?: number): Value;
export type KernelGradient = "depthwise" | "lines" | "flatLines" | "columns" | "swapped";
/**
 * The formulation for a convolution on CPU, by measurement (bench/convolutionGradient.ts).
 *
 * @param block as in {@link chooseImageGradient}
 */
export declare function chooseKernelGradient(conv: Convolution, block?: number): KernelGradient;
/** All formulations; any of them serves any convolution but for what its comment says. */
export declare const kernelGradients: Record<KernelGradient, (g: GraphBuilder, x: Value, dy: Value, conv: Convolution) => Value>;
