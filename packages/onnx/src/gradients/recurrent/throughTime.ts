// The gradients of a recurrent node, written out: what does not wait for another step is computed for all of them at
// once. Step by step go only the gradients of the states; the gates, what their gradients are multiplied by, and the
// gradients of all weights are a few large operators. Beside the gradients of the steps one by one an LSTM has 8 nodes
// a step for 50.
import { tensor } from "@cajal/core";
import type { GraphBuilder, Value } from "../../graph/builder";
import type { AtLeast } from "../../model/atLeast";
import type { GradientContext, Operands } from "../gradient";
import { staticShape } from "../shared/sumTo";
import { activationsOf } from "./activations";
import { sumOf } from "./gates";
import type { Cell, Direction, PlainActivation } from "./cell";

/** The gradients of a node's inputs; undefined where its cell or its attributes are not the usual ones. */
export function throughTime<Activations extends number, States extends number>(
  cell: Cell<Activations, States>,
  dys: Operands<0>,
  context: GradientContext<3, 0>,
  g: GraphBuilder,
): (Value | undefined)[] | undefined {
  const { inputs, int, float } = context;
  const [x, , r] = inputs;
  const peepholes = inputs[7];
  const isUsual = int("layout", 0) === 0 && float("clip", 0) === 0 && !peepholes;
  if (!cell.throughTime || !isUsual) return undefined;
  const [directions] = staticShape(r, "of a recurrent operator", 3);
  const activations = plainActivations(cell, directions, context, g);
  if (!activations) return undefined;

  const perDirection = cell.activations.length;
  const parts = Array.from({ length: directions }, (_, d) => {
    const own = activations.slice(d * perDirection, (d + 1) * perDirection);
    return gradientsOf(cell, directionOf(cell, d, own, dys, context, g), context, g);
  });
  const stacked = (values: readonly (Value | undefined)[]) =>
    values[0] && joinedAlong(g, (values as Value[]).map((value) => g.unsqueeze(value, [0])), 0); // prettier-ignore
  const dx = parts.map((part) => part.dx).reduce((a, b) => a && b && g.add(a, b));
  const gradients: (Value | undefined)[] = [
    dx && g.reshape(dx, staticShape(x, "of a recurrent operator")),
    stacked(parts.map(({ dw }) => dw)),
    stacked(parts.map(({ dr }) => dr)),
    stacked(parts.map(({ db }) => db)),
  ];
  for (const [k, i] of cell.initial.entries())
    gradients[i] = stacked(parts.map(({ dInitial }) => dInitial[k]));
  return gradients;
}

const joinedAlong = (g: GraphBuilder, values: readonly Value[], axis: number): Value =>
  values.length === 1 ? values[0]! : g.concat(values, { axis });

/** The activations of all directions; undefined where the slope of one does not show in its result. */
function plainActivations(
  cell: Cell,
  directions: number,
  { strings, floats }: GradientContext,
  g: GraphBuilder,
): readonly PlainActivation[] | undefined {
  const usual = Array.from({ length: directions }, () => cell.activations).flat();
  const activations = activationsOf(g, strings("activations") ?? usual, floats("activation_alpha"), floats("activation_beta")); // prettier-ignore
  const plain = activations.flatMap((activation) => activation?.backward ? [activation as PlainActivation] : []); // prettier-ignore
  return plain.length === usual.length ? plain : undefined;
}

/** What direction `d` of a node is given. */
function directionOf<Activations extends number, States extends number>(
  cell: Cell<Activations, States>,
  d: number,
  activations: readonly PlainActivation[],
  [dY, ...dEnds]: Operands<0>,
  context: GradientContext<3, 0>,
  g: GraphBuilder,
): Direction<Activations, States> {
  const [x, w, r, b, lengths] = context.inputs;
  const [time, batch, features] = staticShape(x, "of a recurrent operator", 3) as [number, number, number]; // prettier-ignore
  const [directions, gateUnits, hidden] = staticShape(r, "of a recurrent operator", 3) as [number, number, number]; // prettier-ignore
  const rows = time * batch;
  const isBackwards = d === 1 || context.string("direction", "forward") === "reverse";
  /** `value` without the axis of directions. */
  const own = (value: Value, axis: number, shape: readonly number[]) =>
    g.reshape(directions === 1 ? value : g.slice(value, { starts: [d], ends: [d + 1], axes: [axis] }), shape); // prettier-ignore
  const inTime = <T>(steps: readonly T[]) => (isBackwards ? steps.toReversed() : [...steps]);
  const stepsOf = (value: Value) =>
    time === 1 ? [value] : inTime(g.split(value, { axis: 0, sizes: Array(time).fill(batch) }));
  const joined = (steps: readonly Value[]) => joinedAlong(g, inTime(steps), 0);

  const isRunning = lengths && stepsWithin(g, lengths, time, batch);
  const running = (value: Value, otherwise: 0 | 1) =>
    isRunning ? g.where(isRunning, value, otherwise) : value;
  // Past its end a sequence gives zeros, whatever its state.
  const steps = dY && stepsOf(running(own(dY, 1, [rows, hidden]), 0));

  const zeros = g.expand(g.scalar(x.dtype, 0), [batch, hidden]);
  const states = (values: readonly (Value | undefined)[]) =>
    values.map((value) => value && own(value, 0, [batch, hidden]));
  const initial = states(cell.initial.map((i) => context.inputs[i])).map((value) => value ?? zeros);
  const [initialH] = initial as [Value];
  const y = own(context.output(0), 1, [rows, hidden]);
  // Backwards a sequence that is shorter begins later.
  const reached = isRunning && isBackwards ? g.where(isRunning, y, g.tile(initialH, [time, 1])) : y;
  const earlier = isBackwards
    ? { starts: [batch], ends: [rows], axes: [0] }
    : { starts: [0], ends: [rows - batch], axes: [0] };
  const previous = time === 1 ? initialH : joined([initialH, g.slice(reached, earlier)]);
  const bias = (from: number) =>
    g.slice(own(b!, 0, [2 * gateUnits]), { starts: [from], ends: [from + gateUnits], axes: [0] });
  const lines = g.reshape(x, [rows, features]);
  const dEnd = states(dEnds);
  let given: Value | undefined;
  return {
    time,
    hidden,
    activations: activations as unknown as AtLeast<Activations, PlainActivation, PlainActivation>,
    x: lines,
    w: own(w, 0, [gateUnits, features]),
    r: own(r, 0, [gateUnits, hidden]),
    biases: b && [bias(0), bias(gateUnits)],
    y,
    previous,
    given: () => (given ??= g.concat([lines, previous], { axis: 1 })),
    initial: initial as unknown as AtLeast<States, Value, Value>,
    dys: steps,
    dEnd: [sumOf(g, dEnd[0], steps?.at(-1)) ?? zeros, dEnd[1]],
    atEnd: isRunning && stepsOf(g.cast(g.not(isRunning), x.dtype)),
    stepsOf,
    joined,
    running,
  };
}

/** Which of the rows are of steps that their sequences have, [time · batch, 1]. */
function stepsWithin(g: GraphBuilder, lengths: Value, time: number, batch: number): Value {
  const steps = Array.from({ length: time }, (_, t) => t);
  const isWithin = g.less(g.constant(tensor("int32", [time, 1], steps)), lengths);
  return g.reshape(isWithin, [time * batch, 1]);
}

/** The gradients of one direction, each without its axis, where they are wanted. */
function gradientsOf<Activations extends number, States extends number>(
  cell: Cell<Activations, States>,
  direction: Direction<Activations, States>,
  context: GradientContext<3, 0>,
  g: GraphBuilder,
) {
  const { dz, ofProducts, dInitial } = cell.throughTime!(direction, g);
  const { x, w, previous, given } = direction;
  const wants = (i: number) => context.inputs[i] !== undefined && context.wants(i);
  const isOneProduct = ofProducts.length === 1 && ofProducts[0]![0] === dz && ofProducts[0]![1] === previous; // prettier-ignore
  const weights = () => {
    if (!wants(1) && !wants(2)) return [];
    if (isOneProduct) {
      const [, features] = staticShape(x, "of a recurrent operator", 2) as [number, number];
      return g.split(g.gemm(dz, given(), undefined, { transA: 1 }), { axis: 1, sizes: [features, direction.hidden] }); // prettier-ignore
    }
    return [
      wants(1) ? g.gemm(dz, x, undefined, { transA: 1 }) : undefined,
      wants(2) ? joinedAlong(g, ofProducts.map(([d, state]) => g.gemm(d, state, undefined, { transA: 1 })), 0) : undefined, // prettier-ignore
    ];
  };
  const bias = () => {
    const ofRows = (value: Value) => g.reduceSum(value, { axes: [0], keepdims: false });
    const ofX = ofRows(dz);
    const ofState = isOneProduct || !cell.separateBias ? ofX : joinedAlong(g, ofProducts.map(([d]) => ofRows(d)), 0); // prettier-ignore
    return g.concat([ofX, ofState], { axis: 0 });
  };
  const [dw, dr] = weights();
  return {
    dx: wants(0) ? g.matMul(dz, w) : undefined,
    dw,
    dr,
    db: wants(3) ? bias() : undefined,
    dInitial: cell.initial.map((i, k) => (wants(i) ? dInitial[k]!() : undefined)),
  };
}
