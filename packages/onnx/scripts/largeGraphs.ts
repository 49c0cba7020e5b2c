// Graphs of up to so many nodes, read, written, checked, inferred and differentiated: time and memory of each,
// which are to grow with the nodes and no faster.
//   node scripts/run-source.mjs packages/onnx/scripts/largeGraphs.ts 250000 500000 1000000
import { memoryUsage, resourceUsage } from "node:process";
import { tensor } from "@cajal/core";
import {
  checkModel,
  decodeModel,
  differentiate,
  encodeModel,
  inferShapes,
  type Node,
  type OnnxModel,
} from "@cajal/onnx";

/** y = x, then again and again y = tanh(y + w) + y: a residual chain, all of whose values meet its gradients. */
function chain(count: number): OnnxModel {
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

for (const count of process.argv.slice(2).map(Number)) {
  const step = <T>(title: string, body: () => T): T => {
    const from = process.cpuUsage();
    const result = body();
    const { user, system } = process.cpuUsage(from);
    const [heap, peak] = [memoryUsage().heapUsed / 1e6, resourceUsage().maxRSS / 1e3];
    console.log(
      `${count} nodes, ${title.padEnd(13)} ${((user + system) / 1e6).toFixed(1).padStart(6)} s of CPU, heap ${heap.toFixed(0).padStart(5)} MB, peak of the process ${peak.toFixed(0).padStart(5)} MB`,
    );
    return result;
  };
  let bytes: Uint8Array;
  {
    const model = step("made", () => chain(count));
    bytes = step("written", () => encodeModel(model));
  }
  const model = step("read", () => decodeModel(bytes));
  step("checked", () => checkModel(model));
  const known = step("inferred", () => inferShapes(model).size);
  const gradient = step("differentiated", () =>
    differentiate(model, { of: model.graph.outputs[0]!.name, withRespectTo: ["x", "w"] }),
  );
  console.log(`  ${known} values, ${gradient.graph.nodes.length} nodes with gradients`);
}
