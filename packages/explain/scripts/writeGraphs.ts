// Writes every method that is a graph, of a network that PyTorch exported, with an image and the map that Cajal
// computes: check_graphs.py runs them in Python's onnxruntime.
//   node scripts/run-source.mjs packages/explain/scripts/writeGraphs.ts FOLDER
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { random, tensor } from "@cajal/core";
import { attributionGraph, graphMethods, openExplainer } from "@cajal/explain";
import { decodeModel, encodeModel } from "@cajal/onnx";

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  console.error("say which folder the graphs go to");
  process.exit(2);
}
const model = decodeModel(await readFile(new URL("../fixtures/convbn.onnx", import.meta.url)));
const numbers = random(7, "images");
const image = tensor("float32", [1, 20, 28, 3], Float32Array.from({ length: 1680 }, () => numbers.normal())); // prettier-ignore
await mkdir(folder, { recursive: true });
await using explainer = await openExplainer(model);
const maps: Record<string, number[]> = {};
for (const method of graphMethods) {
  const options = { target: 3 } as object;
  await writeFile(join(folder, `${method}.onnx`), encodeModel(attributionGraph(method, model, options))); // prettier-ignore
  const { map } = await explainer.attribute(image, { method, target: 3 } as never);
  maps[method] = [...map.data];
}
await writeFile(join(folder, "maps.json"), JSON.stringify({ shape: image.shape, image: [...image.data], maps })); // prettier-ignore
console.log(`${graphMethods.length} graphs in ${folder}`);
