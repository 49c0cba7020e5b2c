// MobileNet 0.75 at 224 with its published weights, and photographs of ImageNet as it takes them.
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { sizeOf, tensor, type Tensor, type Weights } from "@cajal/core";
import { readKeras, weightSpecs, type Model } from "@cajal/models";
import sharp from "sharp";

export interface Photograph {
  readonly file: string;
  /** In words, and its number among the network's classes. */
  readonly label: string;
  readonly class: number;
  /** [height, width, 3], 0 … 255. */
  readonly pixels: Uint8Array;
}

/** A TF.js layers model: its shards one after the other. */
export function readTfjs(folder: string): { model: Model; weights: Weights } {
  const json = JSON.parse(readFileSync(`${folder}/model.json`, "utf8")) as {
    modelTopology: { model_config: object };
    weightsManifest: readonly { paths: readonly string[]; weights: readonly { name: string; shape: readonly number[] }[] }[]; // prettier-ignore
  };
  const model = readKeras(json.modelTopology.model_config);
  const tensors = new Map<string, Tensor>();
  for (const { paths, weights } of json.weightsManifest) {
    const bytes = Buffer.concat(paths.map((path) => readFileSync(`${folder}/${path}`)));
    const numbers = new Float32Array(Uint8Array.from(bytes).buffer);
    let at = 0;
    for (const { name, shape } of weights)
      tensors.set(
        name.replace("depthwise_kernel", "kernel"),
        tensor("float32", shape, numbers.slice(at, (at += sizeOf(shape)))),
      );
  }
  const weights: Weights = new Map(weightSpecs(model).map(({ key }) => [key, tensors.get(key)!]));
  return { model, weights };
}

/** So many of a folder's labelled photographs, evenly spread over its list; the centre of each, `size` × `size`. */
export async function photographs(
  folder: string,
  count: number,
  size = 224,
): Promise<Photograph[]> {
  const [, ...lines] = (await readFile(`${folder}/labels.csv`, "utf8")).trim().split("\n");
  const sample = Array.from({ length: count }, (_, i) => lines[Math.floor((i * lines.length) / count)]!); // prettier-ignore
  return Promise.all(
    sample.map(async (line) => {
      const [file, , index, label] = line.trim().split(",") as [string, string, string, string];
      const pixels = await sharp(`${folder}/${file}`)
        .removeAlpha()
        .toColorspace("srgb")
        .resize(size, size, { fit: "cover" })
        .raw()
        .toBuffer();
      return { file, label, class: Number(index), pixels };
    }),
  );
}

/** [n, size, size, 3], −1 … 1. */
export const scaled = (pixels: readonly Uint8Array[], size = 224): Tensor<"float32"> =>
  tensor(
    "float32",
    [pixels.length, size, size, 3],
    Float32Array.from(
      pixels.flatMap((each) => [...each]),
      (p) => p / 127.5 - 1,
    ),
  );
