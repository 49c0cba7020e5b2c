// A GRU: z, r = gates(x W + h R + b), the candidate h̃ = tanh of its own;  H = (1 − z) ⊙ h̃ + z ⊙ h. What the gradient of
// H is multiplied by on its way to each gate is known beforehand; the reset gate acts before the product with R or after.
import type { GraphBuilder, Value } from "../../graph/builder";
import type { Direction, DirectionGradients } from "./cell";
import { gatesOf, sumOf } from "./gates";

/** h̃ = tanh(x W + r ⊙ (h R + b)): 5 nodes a step. */
export function gruResetAfter(direction: Direction<2, 1>, g: GraphBuilder): DirectionGradients {
  const { time, hidden, activations, x, w, r, biases, previous, dys, dEnd, stepsOf, joined, running } = direction; // prettier-ignore
  const [gate, activate] = activations;
  const [, , ofX] = gatesOf(g, w, 3, hidden, { axis: 0 });
  const [, , ofState] = gatesOf(g, r, 3, hidden, { axis: 0 });
  const [, , biasOfX] = biases ? gatesOf(g, biases[0], 3, hidden, { axis: 0 }) : [];
  const [, , biasOfState] = biases ? gatesOf(g, biases[1], 3, hidden, { axis: 0 }) : [];
  const [update, reset] = updateAndReset(direction, g);
  const product = g.gemm(previous, ofState, biasOfState, { transB: 1 });
  const candidate = activate.of(
    g.gemm(x, ofX, sumOf(g, g.mul(reset, product), biasOfX), { transB: 1 }),
  );

  const letIn = g.sub(1, update);
  const toCandidate = running(activate.backward(letIn, candidate), 0);
  const factors = stepsOf(
    running(
      g.concat(
        [
          gate.backward(g.sub(previous, candidate), update),
          gate.backward(g.mul(toCandidate, product), reset),
          g.mul(toCandidate, reset),
        ],
        { axis: 1 },
      ),
      0,
    ),
  );
  const kept = stepsOf(running(update, 1));

  const turned = g.transpose(r, [1, 0]);
  const dhs: Value[] = [];
  const dProducts: Value[] = [];
  let [dh] = dEnd;
  const dhBefore = (t: number) =>
    g.gemm(dProducts[t]!, turned, sumOf(g, g.mul(dhs[t]!, kept[t]!), dys?.[t - 1]), { transB: 1 });
  for (let t = time - 1; t >= 0; t--) {
    if (t < time - 1) dh = dhBefore(t + 1);
    dhs[t] = dh;
    dProducts[t] = g.mul(g.concat([dh, dh, dh], { axis: 1 }), factors[t]!);
  }
  const dProduct = joined(dProducts);
  const [ofGates] = g.split(dProduct, { axis: 1, sizes: [2 * hidden, hidden] });
  return {
    dz: g.concat([ofGates!, g.mul(joined(dhs), toCandidate)], { axis: 1 }),
    ofProducts: [[dProduct, previous]],
    dInitial: [() => dhBefore(0)],
  };
}

/** h̃ = tanh(x W + (r ⊙ h) R + b): 10 nodes a step. */
export function gruResetBefore(direction: Direction<2, 1>, g: GraphBuilder): DirectionGradients {
  const { time, hidden, activations, x, w, r, biases, previous, dys, dEnd, stepsOf, joined, running } = direction; // prettier-ignore
  const [gate, activate] = activations;
  const [, , ofX] = gatesOf(g, w, 3, hidden, { axis: 0 });
  const [ofGates, ofState] = g.split(r, { axis: 0, sizes: [2 * hidden, hidden] }) as [Value, Value];
  const [, , bias] = biases ? gatesOf(g, g.add(...biases), 3, hidden, { axis: 0 }) : [];
  const [update, reset] = updateAndReset(direction, g);
  const state = g.mul(reset, previous);
  const candidate = activate.of(
    g.gemm(g.concat([x, state], { axis: 1 }), g.concat([ofX, ofState], { axis: 1 }), bias, {
      transB: 1,
    }),
  );

  const toCandidate = stepsOf(running(activate.backward(g.sub(1, update), candidate), 0));
  const toUpdate = stepsOf(running(gate.backward(g.sub(previous, candidate), update), 0));
  const toReset = stepsOf(running(gate.backward(previous, reset, state), 0));
  const [kept, letThrough] = [stepsOf(running(update, 1)), stepsOf(reset)];

  const [turnedGates, turnedState] = [g.transpose(ofGates, [1, 0]), g.transpose(ofState, [1, 0])];
  const dGates: Value[] = [];
  const dCandidates: Value[] = [];
  let [dh] = dEnd;
  let dState: Value;
  const dhBefore = (t: number) => {
    const others = sumOf(g, g.mul(dh, kept[t]!), g.mul(dState, letThrough[t]!), dys?.[t - 1]);
    return g.gemm(dGates[t]!, turnedGates, others, { transB: 1 });
  };
  for (let t = time - 1; t >= 0; t--) {
    if (t < time - 1) dh = dhBefore(t + 1);
    dCandidates[t] = g.mul(dh, toCandidate[t]!);
    dState = g.gemm(dCandidates[t]!, turnedState, undefined, { transB: 1 });
    dGates[t] = g.concat([g.mul(dh, toUpdate[t]!), g.mul(dState, toReset[t]!)], { axis: 1 });
  }
  const [ofBoth, ofCandidate] = [joined(dGates), joined(dCandidates)];
  return {
    dz: g.concat([ofBoth, ofCandidate], { axis: 1 }),
    ofProducts: [
      [ofBoth, previous],
      [ofCandidate, state],
    ],
    dInitial: [() => dhBefore(0)],
  };
}

/** z and r of all steps, [rows, hidden] each. */
function updateAndReset(
  { hidden, activations: [gate], w, r, biases, given }: Direction<2, 1>,
  g: GraphBuilder,
): [Value, Value] {
  const weights = gatesOf(g, g.concat([w, r], { axis: 1 }), 3, hidden, { axis: 0 });
  const bias = biases && gatesOf(g, g.add(...biases), 3, hidden, { axis: 0 });
  const of = (k: 0 | 1) => gate.of(g.gemm(given(), weights[k], bias?.[k], { transB: 1 }));
  return [of(0), of(1)];
}
