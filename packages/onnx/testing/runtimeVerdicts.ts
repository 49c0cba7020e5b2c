// What ONNX Runtime makes of models, in processes of their own: some end it.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Tensor } from "@cajal/core";
import { inferShapes } from "../src/graph/inferShapes";
import { encodeModel } from "../src/file/encode";
import type { Initializer, Node, OnnxModel } from "../src/model/model";
import type { Operator, OperatorSample } from "../src/operators/operator";
import { sampleGraph } from "./sampleGraph";

export interface Case {
  readonly title: string;
  readonly model: OnnxModel;
  readonly feeds: ReadonlyMap<string, Tensor>;
}

export interface Verdict {
  readonly stage: "ok" | "open" | "run" | "aborts" | "hangs";
  readonly message?: string;
  readonly shapes?: readonly (readonly number[])[];
}

/** A sample of an operator, its node or its constants changed. */
export function changedSample(
  operator: Operator,
  sample: OperatorSample,
  change: (base: OnnxModel) => {
    title: string;
    node?: Partial<Node>;
    initializers?: ReadonlyMap<string, Initializer>;
  },
): Case {
  const { g, feeds } = sampleGraph(operator, sample);
  const base = g.build();
  const { title, node = {}, initializers = base.graph.initializers } = change(base);
  const graph = {
    ...base.graph,
    nodes: [{ ...base.graph.nodes[0]!, ...node }],
    initializers,
    values: new Map(),
    outputs: base.graph.outputs.map((output) => ({ ...output, shape: undefined })),
  };
  const model: OnnxModel = { ...base, graph };
  try {
    const values = inferShapes(model);
    const outputs = graph.outputs.map(({ name }) => ({ ...values.get(name)!, shape: undefined }));
    return { title, feeds, model: { ...model, graph: { ...graph, outputs } } };
  } catch {
    return { title, feeds, model };
  }
}

/** What ONNX Runtime makes of each. */
export async function verdicts(cases: readonly Case[]): Promise<readonly Verdict[]> {
  const folder = mkdtempSync(join(tmpdir(), "cajal-compare-"));
  cases.forEach(({ model }, i) => writeFileSync(join(folder, `${i}.onnx`), encodeModel(model)));
  const feeds = cases.map(({ feeds }) =>
    [...feeds].map(([name, { dtype, shape, data }]) => ({
      name,
      dtype,
      shape,
      data: Array.from(data as ArrayLike<number | bigint>, Number),
    })),
  );
  writeFileSync(join(folder, "cases.json"), JSON.stringify(feeds));
  const results: Verdict[] = [];
  const runner = fileURLToPath(new URL("../testing/runCases.mjs", import.meta.url));
  for (let first = 0; first < cases.length;) {
    let current = first;
    let hangs = false;
    await new Promise<void>((resolve) => {
      const child = spawn(process.execPath, [runner, folder, String(first)], {
        stdio: ["ignore", "pipe", "ignore"],
      });
      let timer: NodeJS.Timeout | undefined;
      const watch = () => {
        clearTimeout(timer);
        timer = setTimeout(() => {
          hangs = true;
          child.kill("SIGKILL");
        }, 10_000);
      };
      watch();
      createInterface({ input: child.stdout }).on("line", (line) => {
        const { i, begins, ...verdict } = JSON.parse(line) as Verdict & {
          i: number;
          begins?: true;
        };
        watch();
        if (begins) current = i;
        else results[(current = i)] = verdict;
      });
      child.on("close", () => {
        clearTimeout(timer);
        resolve();
      });
    });
    results[current] ??= { stage: hangs ? "hangs" : "aborts" };
    first = current + 1;
  }
  rmSync(folder, { recursive: true });
  return results;
}
