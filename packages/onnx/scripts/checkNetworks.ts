// Compares the gradients of exported networks with those of PyTorch:
//   python packages/onnx/scripts/exportNetworks.py FOLDER, or exportCases.py FOLDER
//   node scripts/run-source.mjs packages/onnx/scripts/checkNetworks.ts FOLDER [NAME]
//
// Gradients are by the input and by every initializer that holds a parameter's values, in whatever order (the
// newer exporter folds most normalizations into the convolutions before them).
//
// With torch 2.13.0, torchvision 0.28, onnxruntime-node 1.30, 24 networks by both exporters: 48 right, none
// refused, none wrong. Of LeViT's input PyTorch's own gradient is no slope of its own results; there the
// differences decide.
//
// Of exportCases.py, 102 small networks: by the older exporter (--legacy, torch 2.13.0) 273 files, of which 270 are right,
// none is wrong, and three with a Loop (EmbeddingBag) are refused.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isCajalError, tensor, type DType, type Tensor } from "@cajal/core";
import { decodeModel } from "../src/file/decode";
import { checkExport, type ExportedNetwork, type Numbers } from "../testing/checkExport";

interface Case extends Pick<ExportedNetwork, "case" | "outputs" | "dys" | "gradients"> {
  readonly forms: readonly string[];
  readonly inputs: readonly (Numbers & { readonly name: string; readonly dtype: DType })[];
  readonly parameters: Readonly<Record<string, Numbers>>;
}

/** Rounding of float32 through whole networks against PyTorch's float64. */
const tolerance = { outputs: 2e-4, gradients: 2e-3 };

const [folder, part = ""] = process.argv.slice(2);
if (!folder) throw new Error("usage: checkNetworks.ts FOLDER [NAME]");
const counts = { right: 0, refused: 0, wrong: 0 };
for (const file of readdirSync(folder).toSorted()) {
  if (!file.endsWith(".json") || !file.includes(part)) continue;
  const network = JSON.parse(readFileSync(join(folder, file), "utf8")) as Case;
  const parameters = new Map<string, Tensor>(
    Object.entries(network.parameters).map(([name, { shape, data }]) => [
      name,
      tensor("float32", shape, data),
    ]),
  );
  const inputs = network.inputs.map(({ name, dtype, shape, data }) => ({
    name,
    value: tensor(dtype, shape, data),
  }));
  for (const form of network.forms) {
    const title = `${network.case}.${form}`;
    const bytes = readFileSync(join(folder, `${title}.onnx`));
    // Free extents are those of the inputs.
    const { graph } = decodeModel(bytes);
    const fed = graph.inputs.filter(({ name }) => !graph.initializers.has(name));
    const shapes = Object.fromEntries(fed.map(({ name }, i) => [name, inputs[i]!.value.shape]));
    try {
      const got = await checkExport({ ...network, inputs, tolerance }, bytes, {
        parameters,
        shapes,
      });
      counts.right++;
      console.log(`${title}: right, ${got.parameters.length} of ${parameters.size} parameters`);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      // PyTorch's gradient itself may not be the slope: differences of the exported network decide.
      const options = { parameters, shapes, comparesDifferences: true };
      const right = await checkExport({ ...network, inputs, tolerance }, bytes, options).then(
        () => true,
        () => false,
      );
      if (right) {
        counts.right++;
        console.log(`${title}: right by differences, not by PyTorch: ${message.split("\n")[0]}`);
        continue;
      }
      const kind = isCajalError(error, "unsupported") ? "refused" : "wrong";
      counts[kind]++;
      console.log(`${title}: ${kind}: ${message.split("\n").slice(0, 6).join(" ")}`);
    }
  }
}
console.log(JSON.stringify(counts));
if (counts.wrong > 0) process.exitCode = 1;
