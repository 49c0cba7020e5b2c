// What LSTM, GRU and SimpleRNN share: fields, shapes, and the form of ONNX' recurrent operators, which
// want [steps, batch, features] and name activations their own way.
import { CajalError, tensor } from "@cajal/core";
import type { GraphBuilder, Value } from "@cajal/onnx";
import type { KerasShape } from "../definition/shape";
import * as f from "../definition/fields";
import type { LowerContext, MaskRule } from "../definition/layer";
import { dropoutMask } from "./randomness";
import { compacted, expectsStepMask } from "./masks";
import { reversed } from "./reshaping";
import { weightFields } from "../definition/weightFields";

export const recurrentFields = {
  units: f.positive(),
  activation: f.activation("tanh"),
  use_bias: f.flag(true),
  ...weightFields("kernel", "glorot_uniform"),
  ...weightFields("recurrent", "orthogonal"),
  ...weightFields("bias", "zeros"),
  dropout: f.rate(0),
  recurrent_dropout: f.rate(0),
  return_sequences: f.flag(false),
  return_state: f.flag(false),
  go_backwards: f.flag(false),
  stateful: f.flag(false),
  seed: f.seed(null),
  zero_output_for_mask: f.flag(false),
};

type RecurrentConfig = f.ConfigOf<typeof recurrentFields>;

/**
 * Shapes of the outputs: the sequence or its last, then each state if `return_state`.
 *
 * @param states how many states the layer has, each [batch, units]
 */
export function recurrentShapes(
  { return_sequences, return_state, units }: RecurrentConfig,
  [x, ...initial]: readonly KerasShape[],
  states: number,
): KerasShape[] {
  const [batch, steps] = x!;
  if (x!.length !== 3)
    throw new CajalError("bad-shape", `expected [batch, steps, features]`, { got: x });
  if (initial.length !== 0 && initial.length !== states)
    throw new CajalError("bad-model", `got ${initial.length} initial states, expected ${states}`, {
      got: initial.length,
      expected: states,
    });
  const state = [batch!, units];
  const output = return_sequences ? [batch!, steps!, units] : state;
  return [output, ...(return_state ? Array.from({ length: states }, () => state) : [])];
}

/** The `mask` of a recurrent layer: its last output has none. */
export const recurrentMask: MaskRule<{ readonly return_sequences: boolean }> = {
  takes: "one",
  passes: ({ return_sequences }) => return_sequences,
  refuses: expectsStepMask,
};

/** The `refusesTraining` of a recurrent layer. */
export const refusesDroppedStates = ({
  recurrent_dropout,
}: {
  readonly recurrent_dropout: number;
}): string | undefined =>
  recurrent_dropout > 0
    ? `recurrent_dropout ${recurrent_dropout} cannot be trained: ONNX' recurrent operators do not drop their states. Use dropout, or recurrent_dropout 0.`
    : undefined;

/** Multiply-adds of `gates` products of inputs and states, over all steps. */
export const recurrentMacs = (
  { units }: { readonly units: number },
  x: KerasShape,
  gates: number,
): number => (x[1] ?? NaN) * gates * units * (x[2]! + units);

/** What the operators are given and what is made of what they give. */
export interface Recurrence {
  /** [steps, batch, features] */
  readonly x: Value;
  /** [1, batch, units] each, where the layer is given them. */
  readonly initial: readonly Value[];
  /** How many steps of each sequence there are, where not all are. */
  readonly lengths: Value | undefined;
  readonly direction: "forward" | "reverse";
  /** The layer's outputs from the operator's: y [steps, 1, batch, units] and the states. */
  finish(y: Value, states: readonly Value[]): Value[];
}

/** Around an operator: steps first, dropout, direction, outputs as Keras wants them. */
export function recurrence(
  config: RecurrentConfig,
  [input, ...states]: readonly Value[],
  g: GraphBuilder,
  { inputs, mask, seed, training }: LowerContext,
): Recurrence {
  const { dropout, go_backwards, return_sequences, return_state } = config;
  if (training && config.stateful)
    throw new CajalError(
      "unsupported",
      "it is stateful, and its states would go on from batch to batch: Cajal does not train it so. Use stateful false.",
      {},
    );
  let x = input!;
  if (training && dropout > 0) {
    // One mask a sequence, the same at every step, as in Keras.
    const batch = g.shape(x, { start: 0, end: 1 });
    const shape = g.concat([batch, g.int64s([1, inputs[0]![2]!])], { axis: 0 });
    x = g.mul(x, dropoutMask(g, shape, { rate: dropout, seed: seed() }));
  }
  const sequence = mask && compacted(g, x, mask);
  return {
    x: g.transpose(sequence?.x ?? x, [1, 0, 2]),
    initial: states.map((state) => g.unsqueeze(state, [0])),
    lengths: sequence?.lengths,
    direction: go_backwards ? "reverse" : "forward",
    finish(y, ends) {
      const last = ends.map((state) => g.squeeze(state, [0]));
      if (!return_sequences) return [last[0]!, ...(return_state ? last : [])];
      const steps = g.transpose(g.squeeze(y, [1]), [1, 0, 2]);
      const outputs =
        sequence?.expandSteps(steps, {
          backwards: go_backwards,
          zeros: config.zero_output_for_mask,
        }) ?? steps;
      // ONNX leaves outputs at their steps; Keras lists them in the order computed.
      return [go_backwards ? reversed(g, outputs, 1) : outputs, ...(return_state ? last : [])];
    },
  };
}

/** Zeros in place of a bias that the operator has and the layer does not. */
export const noBias = (g: GraphBuilder, size: number): Value =>
  g.constant(tensor("float32", [1, size]));
