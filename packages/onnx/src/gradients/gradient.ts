// The rule by which an operator is differentiated: from the gradients of its outputs to those of
// its inputs, as a graph of standard operators. Gradients live in gradients/, an operator a file.
import type { Tensor } from "@cajal/core";
import type { AtLeast } from "../model/atLeast";
import type { AttributeReader } from "../model/attribute";
import type { Attributes, GraphBuilder, Value } from "../graph/builder";
import type { Node } from "../model/model";
import type { ChooseFormulation } from "../closeFormulations";

/** The inputs or outputs of a node, of which the first N are never left out. */
export type Operands<N extends number> = AtLeast<N, Value>;

/** The node that a rule differentiates, and what the rule may ask of the graph. */
export interface GradientContext<
  Inputs extends number = number,
  Outputs extends number = number,
> extends AttributeReader {
  readonly node: Node;
  readonly inputs: Operands<Inputs>;
  readonly outputs: Operands<Outputs>;
  /** Whether the gradient of input `i` is needed; gradients that are not needed may be left undefined. */
  wants(i: number): boolean;
  /** Output `i` of the node, declared now if the graph had left it out. */
  output(i: number): Value;
  /** Channels per block, where the graph will be rewritten by `blocked`. */
  readonly block: number | undefined;
  /** Whether the graph will run on ONNX Runtime's webgpu, whose MaxPool has no output of indices. */
  readonly webgpu: boolean;
  /** Whether it will run on a GPU by another provider. */
  readonly gpu: boolean;
  /** Picks between formulations whose times are close; undefined: by rule. */
  readonly choose: ChooseFormulation | undefined;
  /** The factor, [channels], by which dy is still to be multiplied, for rules with `takesScaled`. */
  readonly scale: Value | undefined;
  /** Records the sums of a gradient's elements over all axes but axis 1, where they are known beforehand. */
  setChannelSums(dx: Value, sums: Value): void;
  /** The sums of a gradient's elements over all axes but axis 1: recorded, or computed now. */
  channelSums(dy: Value): Value;
  /** The nodes that use the value of that name. */
  consumers(name: string): readonly Node[];
  /** Whether a node's rule says that it may drop elements of its operands. */
  masks(node: Node): boolean;
  /** The value of input `i`, where it is a constant. */
  constant(i: number): Tensor | undefined;
  /**
   * The gradients of `inputs` from the gradients `dys` of `outputs`, which were computed from them by nodes
   * that the rule has just added: for operators that are differentiated through an expansion.
   */
  pullback(outputs: readonly Value[], dys: readonly Value[], inputs: readonly Value[]): Value[];
  /**
   * The names of the inputs, and behind them of what the node's graphs read of the values around them: gradients of those
   * stand behind the gradients of inputs.
   */
  readonly reads: readonly string[];
  /** As {@link pullback}, in a graph within a node that the rule is adding, of all nodes there. */
  pullbackIn(
    inner: GraphBuilder,
    outputs: readonly Value[],
    dys: readonly Value[],
    inputs: readonly Value[],
  ): Value[];
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
  /** How many inputs the operator always has; default 1. */
  readonly inputs?: Inputs;
  /** 0: the operator has several outputs, any of which may have no gradient. Default 1: the only dy is always defined. */
  readonly outputs?: Outputs;
  /**
   * Gradients of the inputs, in their order; undefined where an input has none or it is not needed.
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
  /** Whether the operator may drop elements of its operands, whose values (NaN among them) then have no effect. */
  readonly masks?: true;
  /** Whether the rule takes a dy that is {@link Scaled}; others get the product. */
  readonly takesScaled?: true;
  /** Cases that the shared `checkGradient` compares with central differences. */
  readonly samples: readonly GradientSample[];
}

/** One node to differentiate: shapes stand for random values in `range`; tensors are constants. */
export interface GradientSample {
  readonly inputs: readonly (readonly number[] | Tensor | undefined)[];
  readonly attributes?: Attributes;
  /** The operator set, if a later one is needed than the operator's first. */
  readonly opset?: number;
  /** Number of outputs; default 1. */
  readonly outputs?: number;
  /** Shape of the output, where it is known only at run time. */
  readonly shape?: readonly number[];
  /** Range of the random values; default [−1, 1]. Values close to `kinks` are avoided. */
  readonly range?: readonly [number, number];
  /** Points at which the operator is not differentiable. */
  readonly kinks?: readonly number[];
  /** Indices of the inputs to differentiate with respect to; default: all random ones. */
  readonly by?: readonly number[];
  /** Checked in float32: ONNX Runtime's CPU provider has no float64 kernel for the operator. */
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
