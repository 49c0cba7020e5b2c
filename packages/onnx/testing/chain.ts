// A graph of as many nodes as are asked for.
import { tensor } from "@cajal/core";
import type { Node, OnnxModel } from "../src/model/model";

/** y = x, then again and again y = tanh(y + w) + y: a residual chain, all of whose values meet its gradients. */
export function chain(count: number): OnnxModel {
  const nodes: Node[] = [];
  const add = (op: string, inputs: string[], output: string) =>
    nodes.push({ op, domain: "", name: output, inputs, outputs: [output], attributes: {} });
  let y = "x";
  while (nodes.length + 3 <= count) {
    const n = nodes.length;
    add("Add", [y, "w"], `sum_${n}`);
    add("Tanh", [`sum_${n}`], `tanh_${n}`);
    add("Add", [`tanh_${n}`, y], `y_${n}`);
    y = `y_${n}`;
  }
  const value = (name: string) => ({ name, dtype: "float32", shape: ["batch", 4] }) as const;
  return {
    irVersion: 8,
    opsets: { "": 18 },
    producer: "cajal",
    metadata: new Map(),
    graph: {
      name: "chain",
      nodes,
      initializers: new Map([["w", tensor("float32", [4], [0.1, 0.2, 0.3, 0.4])]]),
      inputs: [value("x")],
      outputs: [value(y)],
      values: new Map(),
    },
  };
}
