// The rule by which an operator is differentiated: from the gradients of its outputs to those of
// its inputs, as a graph of standard operators. Gradients live in gradients/, an operator a file.
import type { GraphBuilder, Value } from "./builder";
import type { Node } from "./model";

export interface GradientContext {
  readonly node: Node;
  readonly inputs: readonly (Value | undefined)[];
  readonly outputs: readonly (Value | undefined)[];
  /** Whether the gradient of input `i` is asked for; others may be left undefined. */
  wants(i: number): boolean;
  int(name: string, absent: number): number;
  float(name: string, absent: number): number;
  string(name: string, absent: string): string;
  ints(name: string): readonly number[] | undefined;
}

export interface Gradient {
  readonly op: string;
  readonly domain?: string;
  /**
   * Gradients of the inputs, in their order; undefined where there is none (integers) or none is wanted.
   *
   * @param dys gradients of the outputs; undefined where nothing depends on that output
   */
  gradient(
    dys: readonly (Value | undefined)[],
    context: GradientContext,
    g: GraphBuilder,
  ): readonly (Value | undefined)[];
  /** Cases that the shared `checkGradient` compares with central differences. */
  readonly samples: readonly GradientSample[];
}

export interface GradientSample {
  readonly inputs: readonly (readonly number[])[];
  readonly attributes?: Readonly<Record<string, unknown>>;
  readonly note?: string;
}

/** Types a definition; registers nothing. */
export const defineGradient = (gradient: Gradient): Gradient => gradient;
