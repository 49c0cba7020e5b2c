// An LSTM: i, o, f = gates(x W + h R + b), the candidate c̃ = tanh of its own;  C = f ⊙ C + i ⊙ c̃;  H = o ⊙ tanh C.
// The cells go step by step, forwards, and the gradients of state and gates backwards: 8 nodes a step.
import type { GraphBuilder, Value } from "../../graph/builder";
import type { Direction, DirectionGradients } from "./cell";
import { gatesOf, sumOf } from "./gates";

export function lstmThroughTime(direction: Direction<3, 2>, g: GraphBuilder): DirectionGradients {
  const { time, hidden, activations, w, r, biases, y, previous, given, initial } = direction;
  const { dys, dEnd, atEnd, stepsOf, joined, running } = direction;
  const [gate, activate, output] = activations;

  // The gates of all steps, from the outputs that are there: a product for each, as taking one large product apart
  // takes a fifth of its time.
  const weights = gatesOf(g, g.concat([w, r], { axis: 1 }), 4, hidden, { axis: 0 });
  const bias = biases && gatesOf(g, g.add(...biases), 4, hidden, { axis: 0 });
  const [zi, zo, zf, zCandidate] = weights.map((weight, k) =>
    g.gemm(given(), weight, bias?.[k], { transB: 1 }),
  ) as [Value, Value, Value, Value];
  const [i, o, f] = [gate.of(zi), gate.of(zo), gate.of(zf)];
  const candidate = activate.of(zCandidate);

  const letIn = g.mul(i, candidate);
  const [forget, letInAt] = [stepsOf(running(f, 1)), stepsOf(running(letIn, 0))];
  const cells: Value[] = [initial[1]];
  for (let t = 0; t < time; t++) cells.push(g.add(g.mul(forget[t]!, cells[t]!), letInAt[t]!));
  const c = joined(cells.slice(1));
  const outputC = output.of(c);

  // What the gradients of H and of C are multiplied by on their way to C and z.
  const toCell = stepsOf(running(output.backward(o, outputC, y), 0));
  const toZ = stepsOf(
    running(
      g.concat(
        [
          gate.backward(candidate, i, letIn),
          gate.backward(outputC, o, y),
          gate.backward(joined(cells.slice(0, -1)), f),
          activate.backward(i, candidate, letIn),
        ],
        { axis: 1 },
      ),
      0,
    ),
  );

  // A product of few rows takes a seventh less time with its weights turned.
  const turned = g.transpose(r, [1, 0]);
  const dzs: Value[] = [];
  let [dh, dc] = dEnd;
  const dhBefore = (t: number) =>
    g.gemm(dzs[t]!, turned, sumOf(g, dys?.[t - 1], atEnd && g.mul(atEnd[t]!, dh)), { transB: 1 });
  const dcBefore = (t: number) => g.mul(dc!, forget[t]!);
  for (let t = time - 1; t >= 0; t--) {
    if (t < time - 1) [dh, dc] = [dhBefore(t + 1), dcBefore(t + 1)];
    dc = sumOf(g, g.mul(dh, toCell[t]!), dc)!;
    dzs[t] = g.mul(g.concat([dc, dh, dc, dc], { axis: 1 }), toZ[t]!);
  }
  const dz = joined(dzs);
  return { dz, ofProducts: [[dz, previous]], dInitial: [() => dhBefore(0), () => dcBefore(0)] };
}
