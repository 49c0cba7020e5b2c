import { tensor } from "@cajal/core";
import { expect, it } from "vitest";
import { gradients } from "../differentiate";
import { GraphBuilder } from "./builder";

/** As PyTorch's exporter writes squeeze(1) of an axis that it does not know: squeezed only where its extent is 1. */
function squeezed(extent: number | string) {
  const g = new GraphBuilder();
  const x = g.input("x", "float32", [2, extent, 3]);
  const is1 = g.equal(g.gather(g.shape(x), g.int64s([1]), { axis: 0 }), 1);
  const [y] = g.if(
    g.reshape(is1, []),
    (h) => [h.squeeze(h.mul(x, h.constant(tensor("float32", [1], [2]))), [1])],
    (h) => [h.op("Identity", [x])],
  );
  g.output(y!, "y");
  return g.build();
}
const opsOf = (g: GraphBuilder) => g.build().graph.nodes.map(({ op }) => op);

it("runs the branch of a known condition in place of the If", () => {
  const model = squeezed(1);
  expect(model.graph.nodes.map(({ op }) => op)).toContain("If");
  const g = GraphBuilder.from(model);
  const [dx] = gradients(g, g.value("y"), [g.value("x")]);
  expect(g.value("y").shape).toEqual([2, 3]);
  expect(dx!.shape).toEqual([2, 1, 3]);
  expect(opsOf(g)).not.toContain("If");
  // With an extent that is stated when the graph is loaded, too.
  for (const [extent, shape] of [[1, [2, 3]], [4, [2, 4, 3]]] as const) {
    const stated = GraphBuilder.from(squeezed("n"), { shapes: { x: [2, extent, 3] } });
    expect(opsOf(stated)).not.toContain("If");
    expect(stated.value("y").shape).toEqual(shape);
  } // prettier-ignore
});

it("leaves an If whose condition is not known", () => {
  const g = GraphBuilder.from(squeezed("n"));
  expect(opsOf(g)).toContain("If");
  const [dx] = gradients(g, g.value("y"), [g.value("x")]);
  expect(g.nodes.filter(({ op }) => op === "If")).toHaveLength(2);
  expect(dx!.dtype).toBe("float32");
});

it("gives each If names of its own, and copies what a branch has from around it", () => {
  const subgraph = (h: GraphBuilder) => h.build().graph;
  const branch = (name: string) => {
    const h = new GraphBuilder({ name });
    h.initializer("c", tensor("float32", [2], [1, 2]));
    h.output(h.neg(h.value("c")), "t");
    return subgraph(h);
  };
  const node = (name: string, outputs: string[], then: unknown) => ({
    op: "If", domain: "", name, inputs: ["yes"], outputs,
    attributes: { then_branch: { type: "graph", value: then }, else_branch: { type: "graph", value: branch("else") } },
  }); // prettier-ignore
  const builder = new GraphBuilder();
  builder.initializer("yes", tensor("bool", [], [1]));
  builder.input("x", "float32", [2]);
  const { graph, ...model } = builder.build();
  const info = (name: string) => ({ name, dtype: "float32", shape: [2] }) as const;
  const repeatedOutputs = {
    ...branch("then"),
    outputs: [info("t"), info("t"), info("x"), info("c")],
  };
  const loaded = GraphBuilder.from({
    ...model,
    graph: {
      ...graph,
      nodes: [node("a", ["p"], branch("then")), node("b", ["q", "r", "s", "u"], repeatedOutputs)],
      outputs: ["p", "q", "r", "s", "u"].map(info),
    },
  } as never);
  const builtModel = loaded.build();
  expect(builtModel.graph.outputs.map(({ name }) => name)).toEqual(["p", "q", "r", "s", "u"]);
  expect(
    builtModel.graph.nodes.map(({ op, inputs, outputs }) => [op, ...inputs, ...outputs]),
  ).toEqual([
    ["Neg", "a/c", "p"],
    ["Neg", "b/c", "q"],
    ["Identity", "q", "r"],
    ["Identity", "x", "s"],
    ["Identity", "b/c", "u"],
  ]);
});
