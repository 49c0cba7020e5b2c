// The gradient of an LSTM with its usual activations, written out: what does not wait for another step is computed for
// all of them at once. Step by step go only the cells, forwards, and the gradients of state and gates, backwards; the
// gates, what their gradients are multiplied by, and the gradients of all weights are a few large operators. Beside the
// gradients of the unrolled operator that is 8 nodes a step for 50.
import type { GraphBuilder, Value } from "../../graph/builder";
import type { GradientContext, Operands } from "../gradient";
import { staticShape } from "./sumTo";

/** Whether {@link lstmThroughTime} serves a node. */
export function isPlainLstm(context: GradientContext): boolean {
  const { inputs, int, float, string, strings } = context;
  const names = strings("activations") ?? ["Sigmoid", "Tanh", "Tanh"];
  return (
    names.join().toLowerCase() === "sigmoid,tanh,tanh" &&
    string("direction", "forward") !== "bidirectional" &&
    int("layout", 0) === 0 &&
    int("input_forget", 0) === 0 &&
    float("clip", 0) === 0 &&
    !inputs[4] && // lengths
    !inputs[7] // peepholes
  );
}

/** The gradients of x, W, R, b, the lengths, and the initial states. */
export function lstmThroughTime(
  [dy, dyH, dyC]: Operands<0>,
  context: GradientContext<3, 0>,
  g: GraphBuilder,
): (Value | undefined)[] {
  const [x, w, r, b, , h0, c0] = context.inputs;
  const [time, batch, features] = staticShape(x, "of LSTM", 3) as [number, number, number];
  const [, , hidden] = staticShape(r, "of LSTM", 3) as [number, number, number];
  const rows = time * batch;
  const isBackwards = context.string("direction", "forward") === "reverse";
  const inTime = <T>(steps: readonly T[]) => (isBackwards ? steps.toReversed() : [...steps]);
  const zeros = g.expand(g.scalar(x.dtype, 0), [batch, hidden]);
  const lines = (value: Value, width: number) => g.reshape(value, [rows, width]);
  /** [rows, …] → its steps, in the order in which they are taken. */
  const stepsOf = (value: Value) =>
    time === 1 ? [value] : inTime(g.split(value, { axis: 0, sizes: Array(time).fill(batch) }));
  const joined = (steps: readonly Value[]) =>
    time === 1 ? steps[0]! : g.concat(inTime(steps), { axis: 0 });

  // The gates of all steps, from the outputs that are there: i, o, f = σ(z), the candidate c̃ = tanh(z).
  const initialH = h0 ? g.reshape(h0, [batch, hidden]) : zeros;
  const initialC = c0 ? g.reshape(c0, [batch, hidden]) : zeros;
  const hs = lines(context.output(0), hidden);
  const earlier = isBackwards
    ? { starts: [batch], ends: [rows], axes: [0] }
    : { starts: [0], ends: [rows - batch], axes: [0] };
  const previousH = time === 1 ? initialH : g.concat(inTime([initialH, g.slice(hs, earlier)]), { axis: 0 }); // prettier-ignore
  const before = g.concat([lines(x, features), previousH], { axis: 1 });
  const [ofInput, ofState] = [g.squeeze(w, [0]), g.squeeze(r, [0])];
  const bias = () => {
    const [ofW, ofR] = g.split(b!, { axis: 1, sizes: [4 * hidden, 4 * hidden] });
    return g.squeeze(g.add(ofW!, ofR!), [0]);
  };
  // A product for each gate: taking one large product apart takes a fifth of its time.
  const gatesOf = (value: Value) =>
    g.split(value, { axis: 0, sizes: Array(4).fill(hidden) }) as [Value, Value, Value, Value];
  const weightsOfGates = gatesOf(g.concat([ofInput, ofState], { axis: 1 }));
  const biases = b && gatesOf(bias());
  const [zi, zo, zf, zCandidate] = weightsOfGates.map((weights, gate) =>
    g.gemm(before, weights, biases?.[gate], { transB: 1 }),
  ) as [Value, Value, Value, Value];
  const [i, o, f, candidate] = [g.sigmoid(zi), g.sigmoid(zo), g.sigmoid(zf), g.tanh(zCandidate)];

  // C = f ⊙ C + i ⊙ c̃
  const letIn = g.mul(i, candidate);
  const [forget, letInAt] = [stepsOf(f), stepsOf(letIn)];
  const cells = [initialC];
  for (let t = 0; t < time; t++) cells.push(g.add(g.mul(forget[t]!, cells[t]!), letInAt[t]!));
  const tanhC = g.tanh(joined(cells.slice(1)));

  // What the gradients of H = o ⊙ tanh C and of C are multiplied by on their way to C and z. The gate's product with
  // what it lets through is there, but for that of f with the cells: p σ'(z) = p ⊙ gate ⊙ (1 − gate), and
  // gate ⊙ tanh'(y) = gate − (gate ⊙ y) ⊙ y.
  const toGate = (product: Value, gate: Value) => g.mul(product, g.sub(1, gate));
  const pastTanh = (gate: Value, product: Value, y: Value) => g.sub(gate, g.mul(product, y));
  const toCell = stepsOf(pastTanh(o, hs, tanhC));
  const toZ = stepsOf(
    g.concat(
      [
        toGate(letIn, i),
        toGate(hs, o),
        toGate(g.mul(f, joined(cells.slice(0, -1))), f),
        pastTanh(i, letIn, candidate),
      ],
      { axis: 1 },
    ),
  );

  const dys = dy && stepsOf(lines(dy, hidden));
  const dzs: Value[] = [];
  let dh = dyH && g.reshape(dyH, [batch, hidden]);
  let dc = dyC && g.reshape(dyC, [batch, hidden]);
  // Turned once: a product of few rows takes a seventh less time so.
  let turned: Value | undefined;
  for (let t = time - 1; t >= 0; t--) {
    const next = dzs[t + 1];
    if (next) {
      turned ??= g.transpose(ofState, [1, 0]);
      dh = g.gemm(next, turned, dys?.[t], { transB: 1 });
    } else if (dys) dh = dh ? g.add(dh, dys[t]!) : dys[t]!;
    const fromH = g.mul((dh ??= zeros), toCell[t]!);
    const fromC = next ? g.mul(dc!, forget[t + 1]!) : dc;
    dc = fromC ? g.add(fromH, fromC) : fromH;
    dzs[t] = g.mul(g.concat([dc, dh, dc, dc], { axis: 1 }), toZ[t]!);
  }

  const dz = joined(dzs);
  const weights = () =>
    g.split(g.gemm(dz, before, undefined, { transA: 1 }), { axis: 1, sizes: [features, hidden] }) as [Value, Value]; // prettier-ignore
  const [dw, dr] = context.wants(1) || context.wants(2) ? weights() : [];
  const db = () => {
    const sum = g.reduceSum(dz, { axes: [0], keepdims: true });
    return g.concat([sum, sum], { axis: 1 });
  };
  return [
    context.wants(0) ? g.reshape(g.matMul(dz, ofInput), [time, batch, features]) : undefined,
    dw && g.unsqueeze(dw, [0]),
    dr && g.unsqueeze(dr, [0]),
    b && context.wants(3) ? db() : undefined,
    undefined,
    h0 && context.wants(5) ? g.unsqueeze(g.matMul(dzs[0]!, ofState), [0]) : undefined,
    c0 && context.wants(6) ? g.unsqueeze(g.mul(dc!, forget[0]!), [0]) : undefined,
  ];
}
