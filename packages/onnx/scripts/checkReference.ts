// Prints how far outputs and gradients of imported networks are from PyTorch's, each against the largest value of its
// array: the three real networks and the 54 exports of the reference.
//   node scripts/run-source.mjs packages/onnx/scripts/checkReference.ts [../shared]
// An export that its exporter changed (conv_bn_training.dynamo) is compared with differences along its gradient.
// Exits 1 where one is beyond its tolerance: outputs 1e-5, gradients 1e-4.
//
// With onnxruntime-node 1.30, against torch 2.13.0 (real networks) and 2.14.1: worst of 57 exports
//   outputs 4.9e-7, gradients of inputs 1.3e-6, of parameters 9.3e-5 (kernels before a
//   normalization, whose gradient is nearly 0; of the others 2.5e-5)
import { join } from "node:path";
import { realExports, referenceExports } from "../testing/referenceExports";

const [shared = "../shared"] = process.argv.slice(2);
const exports = [
  ...realExports(join(shared, "data/real-models/onnx")),
  ...referenceExports(join(shared, "reference/files/onnx")),
];
const columns = ["outputs", "inputs", "parameters"] as const;
const worst = { outputs: 0, inputs: 0, parameters: 0 };
const row = (title: string, cells: readonly string[]) =>
  console.log([title.padEnd(32), ...cells.map((cell) => cell.padStart(12))].join(" "));
row("network", ["outputs", "of inputs", "of weights", "weights"]);
for (const { title, check, trainedParameters } of exports)
  try {
    const { errors, parameters } = await check();
    const missing = trainedParameters.filter((name) => !parameters.includes(name));
    if (missing.length > 0) throw new Error(`no gradient of ${missing.join(", ")}`);
    const differences = Number.isNaN(errors.outputs);
    if (!differences)
      for (const column of columns) worst[column] = Math.max(worst[column], errors[column]);
    row(title, [...columns.map((column) => (differences ? "differences" : errors[column].toExponential(1))), String(parameters.length)]); // prettier-ignore
  } catch (error) {
    process.exitCode = 1;
    row(title, [`WRONG: ${error instanceof Error ? error.message.split("\n")[0] : String(error)}`]);
  }
const worstErrors = columns.map((column) => worst[column].toExponential(1));
row(`worst of ${exports.length}`, worstErrors);
