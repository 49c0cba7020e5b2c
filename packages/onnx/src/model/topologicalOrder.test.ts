import { expect, it } from "vitest";
import type { Node } from "./model";
import { topologicalOrder } from "./topologicalOrder";

const node = (name: string, inputs: string[]): Node => ({
  op: "Sum",
  domain: "",
  name,
  inputs,
  outputs: [name],
  attributes: {},
});
const names = (nodes: readonly Node[]) => nodes.map(({ name }) => name).join("");

it("leaves an order that is good", () => {
  expect(names(topologicalOrder([node("b", []), node("a", ["x"]), node("c", ["a", "b"])]))).toBe(
    "bac",
  );
});

it("puts nodes after those they use", () => {
  expect(
    names(
      topologicalOrder([
        node("d", ["b", "c"]),
        node("c", ["a"]),
        node("b", ["a"]),
        node("a", ["x"]),
      ]),
    ),
  ).toBe("abcd");
});

it("counts what the graphs inside a node use of the values around them", () => {
  const subgraph = {
    name: "",
    nodes: [node("in", ["a", "own"])],
    initializers: new Map(),
    inputs: [{ name: "own", dtype: "float32", shape: [] }],
    outputs: [],
    values: new Map(),
  } as const;
  const scan = {
    ...node("s", []),
    attributes: { body: { type: "graph", value: subgraph } },
  } as const;
  expect(names(topologicalOrder([scan, node("a", [])]))).toBe("as");
});

it("is not stopped by depth", () => {
  const chain = Array.from({ length: 50_000 }, (_, i) => node(`${i}`, [`${i + 1}`]));
  expect(topologicalOrder(chain)[0]!.name).toBe("49999");
});

it("names the nodes of a cycle", () => {
  const nodes = [node("x", []), node("a", ["x", "c"]), node("b", ["a"]), node("c", ["b"])];
  expect(() => topologicalOrder(nodes)).toThrow(
    expect.objectContaining({ code: "bad-model", facts: { cycle: ["a", "c", "b"] } }),
  );
});
