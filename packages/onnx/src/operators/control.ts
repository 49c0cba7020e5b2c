// Operators that run graphs: If, Loop, Scan. The graphs see the values around them.
import { axisOf, commonShape, show, unify } from "../model/dims";
import type { Dim } from "../model/model";
import type { NodeWriter, Value } from "./method";
import { badShape, defineOperator, type Inferred, type InferenceContext } from "./operator";
import { scalarOr } from "./shared/arguments";

/** The states after the last turn, and what all turns gave. */
export interface LoopOutputs {
  readonly states: Value[];
  readonly outputs: Value[];
}

const typesOf = (values: readonly Value[]) => values.map(({ dtype, shape }) => ({ dtype, shape }));

const conditional = defineOperator({
  op: "If",
  methods: {
    /** Outputs of the branch that `condition` chooses. Branches see the values around them. */
    if: (
      g: NodeWriter,
      condition: Value,
      thenBranch: (g: NodeWriter) => readonly Value[],
      elseBranch: (g: NodeWriter) => readonly Value[],
    ): Value[] => {
      const then_branch = g.subgraph("then", [], thenBranch);
      const else_branch = g.subgraph("else", [], elseBranch);
      const outputs = then_branch.outputs.length;
      return g.ops("If", [condition], { then_branch, else_branch }, { outputs });
    },
  },
  inputs: [1, 1],
  outputs: [1, Infinity],
  types: ["bool"],
  attributes: { then_branch: "graph", else_branch: "graph" },
  required: ["then_branch", "else_branch"],
  skips: skippedBranchOf,
  infer: (node) => {
    const skippedBranch = skippedBranchOf(node.inputs);
    if (skippedBranch) {
      const takenBranch = skippedBranch === "then_branch" ? "else_branch" : "then_branch";
      const outputs = node.subgraph(takenBranch, []);
      if (outputs.length !== node.outputs)
        throw badShape(`${takenBranch} has ${outputs.length} outputs, the node ${node.outputs}.`);
      return outputs;
    }
    const thenOutputs = node.subgraph("then_branch", []);
    const elseOutputs = node.subgraph("else_branch", []);
    if (thenOutputs.length !== elseOutputs.length || thenOutputs.length !== node.outputs)
      throw badShape(
        `then_branch has ${thenOutputs.length} outputs, else_branch ${elseOutputs.length}, the node ${node.outputs}.`,
      );
    return thenOutputs.map((thenOutput, i) => {
      const elseOutput = elseOutputs[i]!;
      if (thenOutput.dtype !== elseOutput.dtype)
        throw badShape(
          `output ${i} is ${thenOutput.dtype} of then_branch and ${elseOutput.dtype} of else_branch.`,
        );
      return {
        ...thenOutput,
        elements: undefined,
        shape: commonShape(thenOutput.shape, elseOutput.shape),
      };
    });
  },
  samples: [], // needs graphs: control.test.ts
});

/** The branch that a known condition rules out. */
function skippedBranchOf([condition]: readonly (Inferred | undefined)[]): string | undefined {
  const value = condition?.elements?.[0];
  if (typeof value !== "number") return undefined;
  return value === 0 ? "then_branch" : "else_branch";
}

/**
 * States that a body returns and takes again; where its shape changes from turn to turn, nothing
 * is known of the axis, and the body is asked again with that.
 */
function fixedPoint(
  initial: readonly Inferred[],
  step: (states: readonly Inferred[]) => readonly Inferred[],
): { states: readonly Inferred[]; outputs: readonly Inferred[] } {
  let states = initial.map((state): Inferred => ({ ...state, elements: undefined }));
  // Each round loses at least one axis or one rank, so that this ends.
  for (;;) {
    const outputs = step(states);
    let hasChanged = false;
    states = states.map((state, i) => {
      const next = outputs[i];
      if (!next)
        throw badShape(
          `body gives ${outputs.length} values for the next turn, expected ${states.length} or more.`,
        );
      if (next.dtype !== state.dtype)
        throw badShape(`state ${i} is ${state.dtype} and becomes ${next.dtype}.`);
      const shape = commonShape(state.shape, next.shape);
      if (show(shape) !== show(state.shape)) hasChanged = true;
      return { ...state, shape };
    });
    // A state that may be none at first is in the end what the body makes of it.
    if (!hasChanged)
      return {
        states: states.map((state, i) => ({ ...state, containers: outputs[i]!.containers })),
        outputs,
      };
  }
}

/** See graph/unroll.ts. */
const withoutGradient =
  "its number of turns follows from data, and not from the graph and the shapes of its inputs alone, or makes more than 16,384 nodes";

const loop = defineOperator({
  op: "Loop",
  withoutGradient,
  methods: {
    /**
     * Repeats `body` up to `trips` times while its condition holds; outputs are stacked along a new
     * first axis.
     */
    loop: (
      g: NodeWriter,
      trips: Value | number | undefined,
      condition: Value | undefined,
      states: readonly Value[],
      body: (
        g: NodeWriter,
        iteration: Value,
        condition: Value,
        states: readonly Value[],
      ) => { condition?: Value; states: readonly Value[]; outputs?: readonly Value[] },
    ): LoopOutputs => {
      const graph = g.subgraph(
        "loop",
        [{ dtype: "int64", shape: [] }, { dtype: "bool", shape: [] }, ...typesOf(states)],
        (inner, [iteration, current, ...currentStates]) => {
          const next = body(inner, iteration!, current!, currentStates);
          return [next.condition ?? current!, ...next.states, ...(next.outputs ?? [])];
        },
      );
      const outputs = g.ops(
        "Loop",
        [scalarOr(g, "int64", trips), condition, ...states],
        { body: graph },
        { outputs: graph.outputs.length - 1 },
      );
      return { states: outputs.slice(0, states.length), outputs: outputs.slice(states.length) };
    },
  },
  inputs: [2, Infinity],
  outputs: [1, Infinity],
  types: ["int64", "bool", "any:*"],
  attributes: { body: "graph" },
  required: ["body"],
  infer: (node) => {
    // body: iteration, condition, states → condition, states, one row of each scan output
    const initial = node.inputs.slice(2) as readonly Inferred[];
    const { states, outputs } = fixedPoint(initial, (states) =>
      node
        .subgraph("body", [{ dtype: "int64", shape: [] }, { dtype: "bool", shape: [] }, ...states])
        .slice(1),
    );
    // The body's condition may end it early, so the number of rows is not known.
    return [
      ...states,
      ...outputs
        .slice(states.length)
        .map(({ dtype, shape }) => ({ dtype, shape: shape && [undefined, ...shape] })),
    ];
  },
  samples: [], // needs graphs: control.test.ts
});

const scan = defineOperator({
  op: "Scan",
  withoutGradient,
  methods: {
    /**
     * Runs `body` over slices of `scannedInputs` along their first axes (or `scan_input_axes`), handing
     * states on; outputs are stacked along a new first axis (or `scan_output_axes`).
     */
    scan: (
      g: NodeWriter,
      states: readonly Value[],
      scannedInputs: readonly Value[],
      body: (
        g: NodeWriter,
        states: readonly Value[],
        slices: readonly Value[],
      ) => { states: readonly Value[]; outputs?: readonly Value[] },
      attributes: {
        scan_input_axes?: readonly number[];
        scan_input_directions?: readonly number[];
        scan_output_axes?: readonly number[];
        scan_output_directions?: readonly number[];
      } = {},
    ): LoopOutputs => {
      const axes = attributes.scan_input_axes ?? scannedInputs.map(() => 0);
      const slices = scannedInputs.map(({ dtype, shape }, i) => ({
        dtype,
        shape: shape?.filter((_, j) => j !== (axes[i]! + shape.length) % shape.length),
      }));
      const graph = g.subgraph("scan", [...typesOf(states), ...slices], (inner, currentStates) => {
        const next = body(
          inner,
          currentStates.slice(0, states.length),
          currentStates.slice(states.length),
        );
        return [...next.states, ...(next.outputs ?? [])];
      });
      const outputs = g.ops(
        "Scan",
        [...states, ...scannedInputs],
        { ...attributes, body: graph, num_scan_inputs: scannedInputs.length },
        { outputs: graph.outputs.length },
      );
      return { states: outputs.slice(0, states.length), outputs: outputs.slice(states.length) };
    },
  },
  since: 8,
  inputs: [1, Infinity],
  outputs: [1, Infinity],
  types: ["any:*"],
  attributes: {
    body: "graph",
    directions: "ints", // opset 8
    num_scan_inputs: "int",
    scan_input_axes: "ints",
    scan_input_directions: "ints",
    scan_output_axes: "ints",
    scan_output_directions: "ints",
  },
  required: ["body", "num_scan_inputs"],
  infer: (node) => (node.opset < 9 ? inferBatchedScan(node) : inferScan(node)),
  samples: [], // needs graphs: control.test.ts
});

function inferScan(node: InferenceContext<1>): readonly Inferred[] {
  const inputs = node.inputs as readonly Inferred[];
  const count = node.int("num_scan_inputs", 1);
  if (count < 1 || count > inputs.length)
    throw badShape(`num_scan_inputs is ${count}; the node has ${inputs.length} inputs.`);
  const scannedInputs = inputs.slice(inputs.length - count);
  const axes = node.ints("scan_input_axes") ?? scannedInputs.map(() => 0);
  let length: Dim;
  const slices = scannedInputs.map(({ dtype, shape }, i): Inferred => {
    if (!shape) return { dtype, shape: undefined };
    const axis = axisOf(axes[i] ?? 0, shape.length, shape);
    length = unify(length, shape[axis], () => "lengths of the scannedInputs inputs");
    return { dtype, shape: shape.filter((_, j) => j !== axis) };
  });
  const { states, outputs } = fixedPoint(inputs.slice(0, inputs.length - count), (states) =>
    node.subgraph("body", [...states, ...slices]),
  );
  const rows = outputs.slice(states.length);
  const outputAxes = node.ints("scan_output_axes") ?? rows.map(() => 0);
  return [
    ...states,
    ...rows.map(({ dtype, shape }, i): Inferred => {
      if (!shape) return { dtype, shape: undefined };
      const stackedShape: Dim[] = [...shape];
      stackedShape.splice(axisOf(outputAxes[i] ?? 0, shape.length + 1), 0, length);
      return { dtype, shape: stackedShape };
    }),
  ];
}

/**
 * Scan of opset 8: lengths of the sequences first, then states and scannedInputs inputs, all with a batch axis
 * before the others.
 */
function inferBatchedScan(node: InferenceContext): readonly Inferred[] {
  const inputs = node.inputs.slice(1) as readonly Inferred[];
  const count = node.int("num_scan_inputs", 1);
  if (count < 1 || count > inputs.length)
    throw badShape(`num_scan_inputs is ${count}; the node has ${inputs.length} inputs.`);
  const sliceOf = (value: Inferred, axes: number): Inferred => ({
    dtype: value.dtype,
    shape: value.shape?.slice(axes),
  });
  const states = inputs.slice(0, inputs.length - count);
  const scannedInputs = inputs.slice(inputs.length - count);
  const [batch, length] = scannedInputs[0]!.shape ?? [undefined, undefined];
  const outputs = fixedPoint(
    states.map((state) => sliceOf(state, 1)),
    (currentStates) =>
      node.subgraph("body", [...currentStates, ...scannedInputs.map((each) => sliceOf(each, 2))]),
  );
  return [
    ...outputs.states.map(({ dtype, shape }) => ({ dtype, shape: shape && [batch, ...shape] })),
    ...outputs.outputs
      .slice(states.length)
      .map(({ dtype, shape }) => ({ dtype, shape: shape && [batch, length, ...shape] })),
  ];
}

export const control = [conditional, loop, scan] as const;
