// Recurrent layers over X [steps, batch, features] (layout 0) or [batch, steps, features] (layout 1).
import { sizeOf } from "@cajal/core";
import { show, unify } from "../model/dims";
import type { Dim } from "../model/model";
import type { Methods, NodeWriter, Value } from "./method";
import {
  badShape,
  defineOperator,
  flag,
  type AttributeTypes,
  type Inferred,
  type Operator,
} from "./operator";
import { firstThree, firstTwo, type Flag, type Optional } from "./shared/arguments";

export interface RecurrentAttributes {
  readonly hidden_size: number;
  readonly direction?: "forward" | "reverse" | "bidirectional";
  /** 0: X is [steps, batch, features]; 1: [batch, steps, features]. */
  readonly layout?: 0 | 1;
  readonly activations?: readonly string[];
  readonly activation_alpha?: readonly number[];
  readonly activation_beta?: readonly number[];
  readonly clip?: number;
}

const attributes = {
  activation_alpha: "floats",
  activation_beta: "floats",
  activations: "strings",
  clip: "float",
  direction: "string",
  hidden_size: "int",
  layout: "int",
  output_sequence: "int",
} as const;

/** `gates`: how many hidden × features blocks W stacks; `states`: outputs after the sequence Y. */
const recurrent = <M extends Methods>(
  op: string,
  methods: M,
  gates: number,
  inputs: Operator["inputs"],
  states: number,
  extra: AttributeTypes,
  samples: Operator["samples"],
  bounds: NonNullable<Operator["bounds"]> = {},
): Operator<M> =>
  defineOperator({
    op,
    methods,
    // For each step of each example the weights of the input and of the state.
    macs: ([x = [], w = [], r = []]) => x[0]! * x[1]! * (sizeOf(w) + sizeOf(r)),
    inputs,
    outputs: [0, 1 + states],
    types: ["float", "float", "float", "float", "index", "float", "float", "float"],
    // Aborts; and without steps the last state is 0, not the first state.
    failsOnEmpty: (inputs) => inputs.some((shape) => shape?.includes(0)),
    attributes: { ...attributes, ...extra },
    bounds: { layout: flag, hidden_size: { least: 1 }, ...bounds },
    examples: ({ inputs, axes, int }) => {
      const isFirst = int("layout", 0) === 1;
      const ofStates = isFirst ? 0 : 1;
      // X, and what each example has of its own: a length, and states to begin with.
      const expected = new Map([[0, ofStates], [4, 0], [5, ofStates], [6, ofStates]]); // prettier-ignore
      const isEach = inputs.every((input, i) => !input || axes[i] === expected.get(i));
      return isEach ? [isFirst ? 0 : 2, ...Array<number>(states).fill(ofStates)] : undefined;
    },
    infer: (node) => {
      const [x, w, r] = node.inputs as readonly [Inferred, Inferred, Inferred];
      const { dtype } = x;
      for (const [name, input] of [
        ["X", x],
        ["W", w],
        ["R", r],
      ] as const)
        if (input.shape && input.shape.length !== 3)
          throw badShape(`${name} ${show(input.shape)}: expected rank 3.`);
      const direction = node.string("direction", "forward");
      if (!["forward", "reverse", "bidirectional"].includes(direction))
        throw badShape(
          `direction ${JSON.stringify(direction)}: expected forward, reverse or bidirectional.`,
        );
      const directions = direction === "bidirectional" ? 2 : 1;
      unify(w.shape?.[0], directions, () => `directions of W ${show(w.shape)}`);
      unify(r.shape?.[0], directions, () => `directions of R ${show(r.shape)}`);
      unify(
        x.shape?.[2],
        w.shape?.[2],
        () => `features of X ${show(x.shape)} and W ${show(w.shape)}`,
      );
      const hiddenSize = node.attribute("hidden_size");
      const hidden = unify(
        r.shape?.[2],
        hiddenSize?.type === "int" ? hiddenSize.value : undefined,
        () => `hidden_size and R ${show(r.shape)}`,
      );
      for (const [name, input] of [
        ["W", w],
        ["R", r],
      ] as const)
        if (typeof hidden === "number")
          unify(
            input.shape?.[1],
            gates * hidden,
            () => `axis 1 of ${name} ${show(input.shape)}, ${gates} gates × hidden size ${hidden}`,
          );
      const batchFirst = node.int("layout", 0) === 1;
      const [steps, batch]: [Dim, Dim] = batchFirst
        ? [x.shape?.[1], x.shape?.[0]]
        : [x.shape?.[0], x.shape?.[1]];
      const state = {
        dtype,
        shape: batchFirst ? [batch, directions, hidden] : [directions, batch, hidden],
      };
      return [
        {
          dtype,
          shape: batchFirst
            ? [batch, steps, directions, hidden]
            : [steps, directions, batch, hidden],
        },
        ...Array.from({ length: states }, () => state),
      ];
    },
    samples,
  });

/** Samples of all three: one way, with bias; both ways. */
const samples = (gates: number, outputs: number): Operator["samples"] => [
  {
    inputs: [
      [3, 2, 4],
      [1, gates * 5, 4],
      [1, gates * 5, 5],
      [1, 2 * gates * 5],
    ],
    attributes: { hidden_size: 5 },
    outputs,
  },
  {
    inputs: [
      [3, 2, 4],
      [2, gates * 5, 4],
      [2, gates * 5, 5],
    ],
    attributes: { hidden_size: 5, direction: "bidirectional" },
    outputs,
  },
];

/** The RNN takes a limit of 0 or below for none. */
const clipped = { clip: { above: 0 } };

/** [y, last hidden state] */
const rnn = (
  g: NodeWriter,
  x: Value,
  w: Value,
  r: Value,
  b: Optional,
  sequence_lens: Optional,
  initial_h: Optional,
  attributes: RecurrentAttributes,
) =>
  firstTwo(g.ops("RNN", [x, w, r, b, sequence_lens, initial_h], { ...attributes }, { outputs: 2 }));

/** [y, last hidden state] */
const gru = (
  g: NodeWriter,
  x: Value,
  w: Value,
  r: Value,
  b: Optional,
  sequence_lens: Optional,
  initial_h: Optional,
  attributes: RecurrentAttributes & { linear_before_reset?: Flag },
) =>
  firstTwo(g.ops("GRU", [x, w, r, b, sequence_lens, initial_h], { ...attributes }, { outputs: 2 }));

/** [y, last hidden state, last cell state] */
const lstm = (
  g: NodeWriter,
  x: Value,
  w: Value,
  r: Value,
  b: Optional,
  sequence_lens: Optional,
  initial_h: Optional,
  initial_c: Optional,
  p: Optional,
  attributes: RecurrentAttributes & { input_forget?: Flag },
) =>
  firstThree(
    g.ops(
      "LSTM",
      [x, w, r, b, sequence_lens, initial_h, initial_c, p],
      { ...attributes },
      { outputs: 3 },
    ),
  );

export const recurrents = [
  recurrent("RNN", { rnn }, 1, [3, 6], 1, {}, samples(1, 2)),
  recurrent("GRU", { gru }, 3, [3, 6], 1, { linear_before_reset: "int" }, samples(3, 2), clipped),
  recurrent("LSTM", { lstm }, 4, [3, 8], 2, { input_forget: "int" }, samples(4, 3), clipped),
] as const;
