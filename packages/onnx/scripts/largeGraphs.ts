// Graphs of up to so many nodes, read, written, checked, inferred and differentiated: time and memory of each,
// which are to grow with the nodes and no faster.
//   node scripts/run-source.mjs packages/onnx/scripts/largeGraphs.ts 250000 500000 1000000
//
// Node 20 with its own limit of memory, 4.3 GB, on two busy cores: 1,000,000 nodes take 217 s of CPU in all, 136 of
// them for the gradients (3,000,000 nodes), and the process 3.5 GB at most.
import { memoryUsage, resourceUsage } from "node:process";
import { checkModel, decodeModel, differentiate, encodeModel, inferShapes } from "@cajal/onnx";
import { chain } from "../testing/chain";

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
  const inferred = step("inferred", () => inferShapes(model).size);
  const gradient = step("differentiated", () =>
    differentiate(model, { of: model.graph.outputs[0]!.name, withRespectTo: ["x", "w"] }),
  );
  console.log(`  ${inferred} values, ${gradient.graph.nodes.length} nodes with gradients`);
}
