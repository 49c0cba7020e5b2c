import { tensor } from "@cajal/core";
import { expect, it } from "vitest";
import { run } from "../../testing/checkOperator";
import { GraphBuilder, type Value } from "../graph/builder";
import { decodeModel } from "../file/decode";
import { problemsOf } from "../graph/check";
import { encodeModel } from "../file/encode";

const float = (shape: number[], data: number[]) => tensor("float32", shape, data);

it("If: runs a branch, which sees the values around it", async () => {
  const g = new GraphBuilder();
  const x = g.input("x", "float32", [2, 3]);
  const positive = g.greater(g.reduceSum(x, { keepdims: false }), 0);
  const [y] = g.if(
    positive,
    (then) => [then.mul(x, 2)],
    (other) => [other.neg(x)],
  );
  expect(y).toMatchObject({ dtype: "float32", shape: [2, 3] });
  g.output(y!, "y");
  const data = [1, -2, 3, -4, 5, -6];
  expect((await run(g, new Map([["x", float([2, 3], data)]]))).y!.data).toEqual(
    Float32Array.from(data.map((v) => -v)),
  );
});

it("If: branches of other shapes leave an extent open", () => {
  const g = new GraphBuilder();
  const x = g.input("x", "float32", [2, 3]);
  const branches = (condition: Value) =>
    g.if(
      condition,
      (then) => [then.identity(x)],
      (other) => [other.concat([x, x], { axis: 0 })],
    )[0]!.shape;
  expect(branches(g.input("c", "bool", []))).toEqual([undefined, 3]);
  // Which one is taken may be known.
  expect(branches(g.scalar("bool", 1))).toEqual([2, 3]);
  expect(branches(g.scalar("bool", 0))).toEqual([4, 3]);
});

it("Scan: running sums, states and stacked outputs", async () => {
  const g = new GraphBuilder();
  const x = g.input("x", "float32", ["steps", 2]);
  const { states, outputs } = g.scan(
    [g.constant(float([2], [0, 0]))],
    [x],
    (body, [sum], [row]) => {
      const next = body.add(sum!, row!);
      return { states: [next], outputs: [body.identity(next)] };
    },
  );
  expect(states.map(({ shape }) => shape)).toEqual([[2]]);
  expect(outputs.map(({ shape }) => shape)).toEqual([["steps", 2]]);
  g.output(states[0]!, "last");
  g.output(outputs[0]!, "all");
  const got = await run(g, new Map([["x", float([3, 2], [1, 2, 3, 4, 5, 6])]]));
  expect([...(got.all!.data as Float32Array)]).toEqual([1, 2, 4, 6, 9, 12]);
  expect([...(got.last!.data as Float32Array)]).toEqual([9, 12]);
  expect(got.all!.dims).toEqual([3, 2]);
});

it("Scan: other axes, backwards", async () => {
  const g = new GraphBuilder();
  const x = g.input("x", "float32", [2, 3]);
  const { outputs } = g.scan(
    [],
    [x],
    (body, _, [column]) => ({ states: [], outputs: [body.mul(column!, 10)] }),
    {
      scan_input_axes: [1],
      scan_input_directions: [1],
      scan_output_axes: [1],
    },
  );
  expect(outputs[0]!.shape).toEqual([2, 3]);
  g.output(outputs[0]!, "y");
  const got = await run(g, new Map([["x", float([2, 3], [1, 2, 3, 4, 5, 6])]]));
  expect([...(got.y!.data as Float32Array)]).toEqual([30, 20, 10, 60, 50, 40]);
});

it("Loop: doubles a state until it is large, and stacks what it passes", async () => {
  const g = new GraphBuilder();
  const x = g.input("x", "float32", [1]);
  const { states, outputs } = g.loop(
    100,
    g.scalar("bool", 1),
    [x],
    (body, iteration, _, [state]) => {
      const next = body.mul(state!, 2);
      return {
        condition: body.squeeze(body.less(next, 20), [0]),
        states: [next],
        outputs: [body.cast(iteration, "float32")],
      };
    },
  );
  expect(states[0]!.shape).toEqual([1]);
  expect(outputs[0]).toMatchObject({ dtype: "float32", shape: [undefined] });
  g.output(states[0]!, "y");
  g.output(outputs[0]!, "turns");
  const got = await run(g, new Map([["x", float([1], [3])]]));
  expect([...(got.y!.data as Float32Array)]).toEqual([24]);
  expect([...(got.turns!.data as Float32Array)]).toEqual([0, 1, 2]);
});

it("Loop: a state that grows has an open extent", () => {
  const g = new GraphBuilder();
  const x = g.input("x", "float32", [1, 4]);
  const { states } = g.loop(3, undefined, [x], (body, _, __, [state]) => ({
    states: [body.concat([state!, x], { axis: 0 })],
  }));
  expect(states[0]!.shape).toEqual([undefined, 4]);
});

it("Loop: a body that gives fewer states than it takes is a problem of its node", () => {
  const g = new GraphBuilder();
  const x = g.input("x", "float32", [2]);
  const { states } = g.loop(3, undefined, [x, x], (body, _, __, [a, b]) => ({
    states: [body.add(a!, b!), b!],
  }));
  g.output(states[0]!, "y");
  const model = g.build();
  const nodes = model.graph.nodes.map((node) => {
    const { body } = node.attributes;
    if (body?.type !== "graph") return node;
    const value = { ...body.value, outputs: body.value.outputs.slice(0, 2) };
    return { ...node, attributes: { body: { ...body, value } } };
  });
  const problems = problemsOf({ ...model, graph: { ...model.graph, nodes } });
  expect(problems.map(({ message }) => message)).toEqual([
    expect.stringContaining("body gives 1 values for the next turn, expected 2 or more."),
  ]);
});

it("bodies survive a file", async () => {
  const g = new GraphBuilder();
  const x = g.input("x", "float32", [3, 2]);
  const { states } = g.scan([g.constant(float([2], [0, 0]))], [x], (body, [sum], [row]) => ({
    states: [body.add(sum!, row!)],
  }));
  g.output(states[0]!, "y");
  const decoded = GraphBuilder.from(decodeModel(encodeModel(g.build())));
  expect(decoded.value("y").shape).toEqual([2]);
  expect(decoded.build()).toEqual(g.build());
});
