// H = a(x W + h R + b): all slopes show in H, and 2 nodes a step are left.
import type { GraphBuilder, Value } from "../../graph/builder";
import type { Direction, DirectionGradients } from "./cell";
import { sumOf } from "./gates";

export function rnnThroughTime(direction: Direction<1, 1>, g: GraphBuilder): DirectionGradients {
  const { time, activations, r, y, previous, dys, dEnd, atEnd, stepsOf, joined, running } = direction; // prettier-ignore
  const ones = g.expand(g.scalar(y.dtype, 1), g.shape(y));
  const toZ = stepsOf(running(activations[0].backward(ones, y, y), 0));
  const turned = g.transpose(r, [1, 0]);
  const dzs: Value[] = [];
  let [dh] = dEnd;
  const dhBefore = (t: number) =>
    g.gemm(dzs[t]!, turned, sumOf(g, dys?.[t - 1], atEnd && g.mul(atEnd[t]!, dh)), { transB: 1 });
  for (let t = time - 1; t >= 0; t--) {
    if (t < time - 1) dh = dhBefore(t + 1);
    dzs[t] = g.mul(dh, toZ[t]!);
  }
  const dz = joined(dzs);
  return { dz, ofProducts: [[dz, previous]], dInitial: [() => dhBefore(0)] };
}
