// What Keras' `quantize` makes of a layer: whole numbers of 8 or 4 bits.
import type { Step } from "./weightLayout";

/** How a layer is quantized. */
export interface Quantization {
  readonly bits: 4 | 8;
  /** How many rows share a scale and a zero; undefined: all of a column, without a zero. */
  readonly block?: number;
  /** The whole numbers that inputs become, and what is added to their largest value; undefined: inputs stay. */
  readonly inputs?: { readonly low: number; readonly high: number; readonly epsilon: number };
}

/** A layer that Keras quantizes. */
export interface Quantizable {
  /** The weight that becomes whole numbers. */
  readonly weight: string;
  /** That weight as a matrix, whose columns are packed in pairs as int4. */
  readonly matrix: readonly [rows: number, columns: number];
  /** Along which of the matrix' axes scales differ; along the other they are of blocks. */
  readonly along: 0 | 1;
  /** Shape of the scales of int8, and as what they multiply the weight. */
  readonly scale: readonly number[];
  readonly scaleSteps: readonly Step[];
  /** Axes of the input over whose largest it is rounded; undefined: it is none of numbers. */
  readonly inputAxes?: readonly number[];
}
