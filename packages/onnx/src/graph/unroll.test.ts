// Gradients through loops: those whose number of turns is known become the nodes of their turns.
import { tensor, type Tensor } from "@cajal/core";
import { expect, it } from "vitest";
import { run } from "../../testing/checkOperator";
import { differentiate, gradients } from "../differentiate";
import { GraphBuilder, type Value } from "./builder";

const float = (shape: readonly number[], data: readonly number[]) => tensor("float32", shape, data);
const linear = (from: number, to: number, n: number) => Array.from({ length: n }, (_, i) => from + ((to - from) * i) / (n - 1)); // prettier-ignore
const opsOf = (g: GraphBuilder) => new Set(g.nodes.map(({ op }) => op));

/** The gradients of a scalar output "loss" by some of the values, and the loss. */
async function gradientsOf(
  model: ReturnType<GraphBuilder["build"]>,
  names: readonly string[],
  feeds: Readonly<Record<string, Tensor>>,
): Promise<{ loss: number; gradients: readonly (readonly number[])[] }> {
  const g = GraphBuilder.from(model, { unroll: true });
  expect(opsOf(g)).not.toContain("Loop");
  expect(opsOf(g)).not.toContain("Scan");
  gradients(g, g.value("loss"), names.map((name) => g.value(name))).forEach((each, i) => g.output(each, `gradient ${i}`)); // prettier-ignore
  const got = await run(g, new Map(Object.entries(feeds)));
  const numbers = (name: string) => Array.from(got[name]!.data as Float32Array);
  return { loss: numbers("loss")[0]!, gradients: names.map((_, i) => numbers(`gradient ${i}`)) };
}

const expectNear = (got: readonly number[], expected: readonly number[]) => {
  expect(got.length).toBe(expected.length);
  expected.forEach((each, i) => expect(got[i]).toBeCloseTo(each, 4));
};

// Numbers of PyTorch 2.13's autograd.
it("goes back through a Scan, along any axes and backwards", async () => {
  const g = new GraphBuilder();
  const [x, z, s0] = [g.input("x", "float32", [3, 5]), g.input("z", "float32", [5, 3]), g.input("s0", "float32", [3])]; // prettier-ignore
  const w = g.initializer("w", float([3, 3], linear(-0.5, 0.5, 9)));
  const { states, outputs } = g.scan(
    [s0],
    [x, z],
    (body, [s], [a, b]) => {
      const t = body.tanh(body.add(body.matMul(s!, w), a!));
      const next = body.mul(t, b!);
      return { states: [next], outputs: [body.add(next, s!), body.reduceSum(t, { keepdims: false })] };
    },
    { scan_input_axes: [1, 0], scan_input_directions: [1, 0], scan_output_axes: [1, 0], scan_output_directions: [0, 1] },
  ); // prettier-ignore
  const weighted = (value: Value, shape: number[], weights: number[]) => g.reduceSum(g.mul(value, g.constant(float(shape, weights))), { keepdims: false }); // prettier-ignore
  const terms = [weighted(outputs[0]!, [3, 5], linear(0.5, 1.5, 15)), weighted(outputs[1]!, [5], linear(1, 2, 5)), g.mul(g.reduceSum(states[0]!, { keepdims: false }), 3)]; // prettier-ignore
  g.output(g.sum(...terms), "loss");
  const feeds = { x: float([3, 5], linear(-1, 1, 15)), z: float([5, 3], linear(0.5, 2, 15)), s0: float([3], [0.1, -0.2, 0.3]) }; // prettier-ignore
  const got = await gradientsOf(g.build(), ["x", "z", "s0", "w"], feeds);
  expect(got.loss).toBeCloseTo(28.2346859, 4);
  const [dx, dz, ds, dw] = got.gradients;
  expectNear(dx!, [6.4718657, -5.0866752, 3.0049872, -0.285754, 1.5334265, 7.1092839, 3.1906306, 4.5627561, 2.8837168, 2.8961127, 2.2249773, 3.7693222, 2.1093276, 2.4205039, 1.9294772]); // prettier-ignore
  expectNear(dz!, [0.1706894, 0.7345694, 3.7785213, 0.8819031, 0.7287846, 5.1619997, -0.6701032, 1.2962404, 3.9189961, 1.943536, 0.7160387, 7.2212486, -1.5425035, 1.8338845, 3.9679241]); // prettier-ignore
  expectNear(ds!, [-1.835125, 0.9066492, 3.6484232]);
  expectNear(dw!, [-2.1600509, -7.0074401, -3.7650049, 2.4854543, 8.104393, 4.3168287, 6.4404688, 20.5221233, 11.3959856]); // prettier-ignore
});

it("goes back through a Loop that counts for itself, with an If inside", async () => {
  const g = new GraphBuilder();
  const x = g.input("x", "float32", [2]);
  // y ← y · x, and twice that in even turns, until four are made: 4 x⁵.
  const { states } = g.loop(undefined, g.scalar("bool", 1), [x, g.scalar("int64", 0)], (body, _, __, [y, n]) => {
    const isEven = body.equal(body.mod(n!, 2), 0);
    const product = body.mul(y!, x);
    const [next] = body.if(isEven, (then) => [then.mul(product, 2)], () => [product]);
    const count = body.add(n!, 1);
    return { condition: body.less(count, 4), states: [next!, count] };
  }); // prettier-ignore
  g.output(g.reduceSum(states[0]!, { keepdims: false }), "loss");
  const got = await gradientsOf(g.build(), ["x"], { x: float([2], [1.5, -0.5]) });
  expect(got.loss).toBeCloseTo(4 * (1.5 ** 5 - 0.5 ** 5), 4);
  expectNear(got.gradients[0]!, [20 * 1.5 ** 4, 20 * 0.5 ** 4]);
});

it("goes back through a Loop's rows, and one within another", async () => {
  const g = new GraphBuilder();
  const x = g.input("x", "float32", [3]);
  const { states, outputs } = g.loop(3, undefined, [g.constant(float([], [1]))], (body, turn, _, [product]) => {
    const each = body.gather(x, turn, { axis: 0 });
    const inner = body.loop(2, undefined, [each], (h, __, ___, [y]) => ({ states: [h.mul(y!, each)] }));
    const next = body.mul(product!, each);
    return { states: [next], outputs: [body.add(inner.states[0]!, next)] };
  }); // prettier-ignore
  expect(outputs[0]!.shape).toEqual([undefined]);
  g.output(g.add(g.reduceSum(outputs[0]!, { keepdims: false }), states[0]!), "loss");
  const [a, b, c] = [2, 3, -1] as const;
  const got = await gradientsOf(g.build(), ["x"], { x: float([3], [a, b, c]) });
  // a³ + b³ + c³ + a + ab + 2abc
  expect(got.loss).toBeCloseTo(a ** 3 + b ** 3 + c ** 3 + a + a * b + 2 * a * b * c, 4);
  expectNear(got.gradients[0]!, [3 * a * a + 1 + b + 2 * b * c, 3 * b * b + a + 2 * a * c, 3 * c * c + 2 * a * b]); // prettier-ignore
});

it("goes back through a Loop that collects a sequence", async () => {
  const g = new GraphBuilder();
  const x = g.input("x", "float32", [2, 3]);
  const body = new GraphBuilder({ name: "body" }, g);
  const turn = body.input("turn", "int64", []);
  const go = body.input("go", "bool", []);
  const list = body.input("list", "float32", undefined, ["sequence"]);
  const column = body.gather(x, turn, { axis: 1 });
  body.output(body.identity(go), "still");
  body.output(body.op("SequenceInsert", [list, body.mul(column, column)]), "longer");
  const start = g.op("SequenceEmpty", [], { dtype: 1 });
  const all = g.op("Loop", [g.scalar("int64", 3), undefined, start], { body: body.buildGraph() });
  const rows = g.op("ConcatFromSequence", [all], { axis: 0, new_axis: 1 });
  g.output(g.reduceSum(g.mul(rows, g.constant(float([3, 1], [1, 10, 100]))), { keepdims: false }), "loss"); // prettier-ignore
  const got = await gradientsOf(g.build(), ["x"], { x: float([2, 3], [1, 2, 3, 4, 5, 6]) });
  expect(got.loss).toBeCloseTo(17 + 10 * 29 + 100 * 45, 2);
  expectNear(got.gradients[0]!, [2, 40, 600, 8, 100, 1200]);
});

it("takes a Loop whose last outputs nobody asked for", async () => {
  const g = new GraphBuilder();
  const x = g.input("x", "float32", []);
  const yes = g.scalar("bool", 1);
  const body = g.subgraph("body", [{ dtype: "int64", shape: [] }, { dtype: "bool", shape: [] }, { dtype: "float32", shape: [] }, { dtype: "float32", shape: [] }], (h, [, go, a, b]) => [h.identity(go!), h.mul(a!, b!), h.add(b!, 1), h.neg(a!)]); // prettier-ignore
  const [product] = g.ops("Loop", [g.scalar("int64", 3), yes, x, g.scalar("float32", 2)], { body }, { outputs: 1 }); // prettier-ignore
  g.output(product!, "loss");
  // x · 2 · 3 · 4
  const got = await gradientsOf(g.build(), ["x"], { x: float([], [5]) });
  expect(got.loss).toBe(120);
  expectNear(got.gradients[0]!, [24]);
});

it("leaves what depends on data, or is very long, and says that there is no gradient", () => {
  const looped = (trips: number | "computed", goesOn: (body: GraphBuilder, y: Value) => Value | undefined) => {
    const g = new GraphBuilder();
    const x = g.input("x", "float32", []);
    const most = trips === "computed" ? g.cast(x, "int64") : trips;
    const { states } = g.loop(most, undefined, [x], (body, _, __, [y]) => {
      const condition = goesOn(body as GraphBuilder, y!);
      return { states: [body.mul(y!, 0.5)], ...(condition && { condition }) };
    });
    g.output(states[0]!, "loss");
    return g.build();
  }; // prettier-ignore
  for (const model of [
    looped("computed", () => undefined),
    looped(10, (body, y) => body.greater(y, 1)),
    looped(1e6, () => undefined),
  ]) {
    expect(opsOf(GraphBuilder.from(model, { unroll: true }))).toContain("Loop");
    expect(() => differentiate(model, { of: "loss", withRespectTo: ["x"] })).toThrow(/Loop/);
  }
  // Unless it is asked for, loops stay as they are.
  const short = looped(3, () => undefined);
  expect(opsOf(GraphBuilder.from(short))).toContain("Loop");
  expect(differentiate(short, { of: "loss", withRespectTo: ["x"] }).graph.nodes.map(({ op }) => op)).not.toContain("Loop"); // prettier-ignore
});

it("makes no more nodes than a file may ask for, of loops within loops", () => {
  const g = new GraphBuilder();
  const x = g.input("x", "float32", []);
  const nested = (h: GraphBuilder, y: Value, depth: number): Value =>
    depth === 0
      ? h.mul(y, 2)
      : h.loop(100, undefined, [y], (body, _, __, [inner]) => ({ states: [nested(body as GraphBuilder, inner!, depth - 1)] })).states[0]!; // prettier-ignore
  g.output(nested(g, x, 5), "loss");
  const loaded = GraphBuilder.from(g.build(), { unroll: true });
  expect(loaded.nodes.length).toBeLessThan(2 ** 15);
  expect(opsOf(loaded)).toContain("Loop");
});
