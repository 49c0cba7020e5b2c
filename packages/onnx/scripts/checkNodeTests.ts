// Reads, checks, infers and writes back every model of a folder of ONNX's backend tests (the node tests
// as exportNodeTests.py writes them; onnx/backend/test/data/pytorch-converted, …):
//   node scripts/run-source.mjs packages/onnx/scripts/checkNodeTests.ts FOLDER [--list]
// Inferred types and shapes are compared with those of the outputs that the tests come with.
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { isCajalError } from "@cajal/core";
import { decodeModel } from "../src/file/decode";
import { encodeModel } from "../src/file/encode";
import { readMessage } from "../src/file/readMessage";
import { problemsOf } from "../src/graph/check";
import { inferShapes } from "../src/graph/inferShapes";
import { dtypeOf } from "../src/model/elementType";
import { inlineFunctions } from "../src/graph/inlineFunctions";
import type { OnnxModel, ValueInfo } from "../src/model/model";
import { operator } from "../src/operators";

const [folder, ...options] = process.argv.slice(2);
if (!folder) throw new Error("Which folder? checkNodeTests.ts FOLDER");
const list = options.includes("--list");
/** Where the models as written back go, to be compared with the originals by another reader. */
const outputFolder = options.find((option) => !option.startsWith("--"));
if (outputFolder) mkdirSync(outputFolder, { recursive: true });

const counts = new Map<string, number>();
const count = (what: string, name: string, why = "") => {
  counts.set(what, (counts.get(what) ?? 0) + 1);
  if (why && list) console.log(`${what}: ${name}: ${why}`);
};

for (const name of readdirSync(folder).sort()) {
  const path = join(folder, name, "model.onnx");
  if (!existsSync(path)) continue;
  count("models", name);
  const bytes = readFileSync(path);
  let model: OnnxModel;
  try {
    model = decodeModel(bytes);
  } catch (error) {
    count("not read", name, describeError(error));
    continue;
  }
  try {
    const encoded = encodeModel(model);
    if (isDeepStrictEqual(decodeModel(encoded), model)) count("written back", name);
    else count("not written back", name, "another model");
    if (outputFolder) writeFileSync(join(outputFolder, `${name}.onnx`), encoded);
  } catch (error) {
    count("not written back", name, describeError(error));
  }
  const { graph } = inlineFunctions(model);
  const isListed = graph.nodes.every(({ op, domain }) => operator(op, domain));
  count(isListed ? "of known operators" : "of other operators", name);
  try {
    const problems = problemsOf(model);
    if (problems.length === 0) count("checked", name);
    else count("complained of", name, problems.map(({ message }) => message).join(" | "));
  } catch (error) {
    count("complained of", name, describeError(error));
  }
  if (isListed) compare(name, model);
}
for (const [what, n] of counts) console.log(`${n} ${what}`);

/** What the rules tell of the outputs, not seeing what the model states, against the test's data. */
function compare(name: string, model: OnnxModel): void {
  let inferred: ReadonlyMap<string, ValueInfo>;
  try {
    const outputsWithoutShapes = model.graph.outputs.map((output) => ({
      ...output,
      shape: undefined,
    }));
    inferred = inferShapes({
      ...model,
      graph: { ...model.graph, outputs: outputsWithoutShapes, values: new Map() },
    });
  } catch (error) {
    count("not inferred", name, describeError(error));
    return;
  }
  model.graph.outputs.forEach((output, i) => {
    const got = inferred.get(output.name)!;
    const data = join(folder!, name, "test_data_set_0", `output_${i}.pb`);
    if (got.containers?.length || output.containers?.length || !existsSync(data)) {
      const isSame = isDeepStrictEqual(
        [got.dtype, got.containers],
        [output.dtype, output.containers],
      );
      count(
        isSame ? "containers right" : "outputs wrong",
        `${name} ${output.name}`,
        isSame ? "" : `${got.dtype} ${got.containers?.join()}`,
      );
      return;
    }
    const proto = readMessage("TensorProto", readFileSync(data));
    const shape = proto.dims ?? [];
    const dtype = dtypeOf(proto.data_type ?? 0);
    const isRight =
      got.dtype === dtype &&
      (!got.shape ||
        (got.shape.length === shape.length &&
          got.shape.every((extent, axis) => typeof extent !== "number" || extent === shape[axis])));
    const title = `${name} ${output.name}`;
    const text = `${got.dtype} [${got.shape?.join() ?? "unknown"}], data ${dtype} [${shape.join()}]`;
    if (!isRight) count("outputs wrong", title, text);
    else if (!got.shape) count("outputs of unknown rank", title, text);
    else if (got.shape.some((extent) => typeof extent !== "number"))
      count("outputs of unknown extents", title, text);
    else count("outputs right", title);
  });
}

function describeError(error: unknown): string {
  if (isCajalError(error)) return `${error.code} ${error.message}`;
  return `NOT OF CAJAL ${error instanceof Error ? error.stack : String(error)}`;
}
