// The rule by which an operator is differentiated: from the gradients of its outputs to those of
// its inputs, as a graph of standard operators. Gradients live in gradients/, an operator a file.
import type { Tensor } from "@cajal/core";
import type { AtLeast } from "../model/atLeast";
import type { AttributeReader } from "../model/attribute";
import type { Attributes, GraphBuilder, Value } from "../graph/builder";
import type { Node } from "../model/model";

/** Values of a node of which the first N are always there. */
export type Operands<N extends number> = AtLeast<N, Value>;

/** The node that a rule differentiates, and what the rule may ask of the graph. */
export interface GradientContext<
  Inputs extends number = number,
  Outputs extends number = number,
> extends AttributeReader {
  readonly node: Node;
  readonly inputs: Operands<Inputs>;
  readonly outputs: Operands<Outputs>;
  /** Whether the gradient of input `i` is asked for; what is not asked for is left undefined. */
  wants(i: number): boolean;
  /** Output `i` of the node itself, declared now where the graph had left it out. */
  output(i: number): Value;
  /** Channels in a block, where the graph will be rewritten by `blocked`. */
  readonly block: number | undefined;
  /** Whether the graph will run where pools give no indices. */
  readonly withoutIndices: boolean;
  /** What the only dy is still to be multiplied by, channel by channel: for a rule that takes it so. */
  readonly scale: Value | undefined;
  /** Says what the elements of a gradient sum to, channel by channel (axis 1), where that is known beforehand. */
  setChannelSums(dx: Value, sums: Value): void;
  /** The sums of a gradient's elements, channel by channel: known, or computed now. */
  channelSums(dy: Value): Value;
  /** The nodes that use the value of that name. */
  consumers(name: string): readonly Node[];
  /** Whether a node's rule says that it {@link Gradient.masks | masks}. */
  masks(node: Node): boolean;
  /** The value of input `i`, where it is a constant. */
  constant(i: number): Tensor | undefined;
  /**
   * The gradients of `inputs`, given those of `outputs`, which were computed from them by nodes
   * that the rule has just added: for operators that are differentiated written out.
   */
  pullback(outputs: readonly Value[], dys: readonly Value[], inputs: readonly Value[]): Value[];
}

/** `value`, [batch, channels, ...], is still to be multiplied by `scale`, [channels]. */
export interface Scaled {
  readonly value: Value;
  readonly scale: Value;
}

/** A rule `(dy, context, g) → dx`. */
export interface Gradient<Inputs extends number = number, Outputs extends number = number> {
  readonly op: string;
  readonly domain?: string;
  /** How many inputs the operator always has; 1 unless said. */
  readonly inputs?: Inputs;
  /** 0: the operator has several outputs, and any of them may have no gradient. Else the only dy is there. */
  readonly outputs?: Outputs;
  /**
   * Gradients of the inputs, in their order; undefined where there is none or none is wanted.
   *
   * @param dys gradients of the outputs; undefined where nothing depends on that output
   */
  gradient(
    dys: Operands<Outputs>,
    context: GradientContext<Inputs, Outputs>,
    g: GraphBuilder,
  ): readonly (Value | Scaled | undefined)[];
  /** Inputs of which only the type or the shape counts: no gradient flows to them. */
  readonly ignores?: readonly number[];
  /** Whether elements of its operands may be left out: what they are, NaN among it, then counts for nothing. */
  readonly masks?: true;
  /** Whether it takes a dy that is {@link Scaled}; others get the product. */
  readonly takesScaled?: true;
  /** Cases that the shared `checkGradient` compares with central differences. */
  readonly samples: readonly GradientSample[];
}

/** One node to differentiate: shapes stand for random values in `range`; tensors are constants. */
export interface GradientSample {
  readonly inputs: readonly (readonly number[] | Tensor | undefined)[];
  readonly attributes?: Attributes;
  /** The operator set that it is of, if it takes a later one than the operator's first. */
  readonly opset?: number;
  /** Number of outputs, 1 unless said. */
  readonly outputs?: number;
  /** Of the output, where only running the operator tells it. */
  readonly shape?: readonly number[];
  /** Where the random values lie, [−1, 1] unless said. Values keep clear of `kinks`. */
  readonly range?: readonly [number, number];
  /** Points at which the operator is not differentiable. */
  readonly kinks?: readonly number[];
  /** Inputs to differentiate by; all random ones unless said. */
  readonly by?: readonly number[];
  /** Why float32: ONNX Runtime's CPU provider has no float64 kernel for the operator. */
  readonly float32?: true;
}

/** The samples in float32: ONNX Runtime's CPU provider has no float64 kernel for the operator. */
export const inFloat32 = (samples: readonly GradientSample[]): readonly GradientSample[] =>
  samples.map((sample) => ({ ...sample, float32: true }));

/** Types a definition; registers nothing. */
export const defineGradient = <
  const Inputs extends 0 | 1 | 2 | 3 = 1,
  const Outputs extends 0 | 1 = 1,
>(
  gradient: Gradient<Inputs, Outputs>,
): Gradient<Inputs, Outputs> => gradient;
