import { it } from "vitest";
import { models } from "./facts";
import { toOnnx } from "./lower";
import { weightSpecs, summary } from "./summary";
import { sizeOf } from "@cajal/core";
const cpu = () => process.cpuUsage().user / 1000;
it("x", () => {
  for (const { name, build } of models.slice(0, 10)) {
    let t = cpu();
    const m = build({});
    const t1 = cpu() - t;
    t = cpu();
    const weights = new Map(
      weightSpecs(m).map(({ key, shape }) => [
        key,
        { dtype: "float32" as const, shape, data: new Float32Array(sizeOf(shape)).fill(1) },
      ]),
    );
    const t2 = cpu() - t;
    t = cpu();
    const onnx = toOnnx(m, weights);
    const t3 = cpu() - t;
    t = cpu();
    summary(m);
    const t4 = cpu() - t;
    const ops: Record<string, number> = {};
    for (const n of onnx.graph.nodes) ops[n.op] = (ops[n.op] ?? 0) + 1;
    console.log(
      name,
      `build ${t1.toFixed(0)} specs ${t2.toFixed(0)} toOnnx ${t3.toFixed(0)} summary ${t4.toFixed(0)}`,
      JSON.stringify(ops),
    );
  }
});
