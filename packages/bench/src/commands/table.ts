// cajal table: sizes and costs of networks, ours and those in files.
import { basename } from "node:path";
import { CajalError, isCajalError } from "@cajal/core";
import { readKeras, type Model } from "@cajal/models";
import { isFile } from "../choices/isFile";
import { percent, short, whole } from "../text/format";
import { markdownTable, textTable } from "../text/tables";
import { readInput } from "../readInput";
import { table as describe, type TableRow } from "../measure/table";
import { defineCommand } from "./shared/defineCommand";
import { flag, words } from "./shared/parameters";

/** The ten of Keras' first table, and the small ones; the deeper variants come with --all. */
// prettier-ignore
const defaultNetworks = [
  "Xception", "VGG16", "VGG19", "ResNet50", "InceptionV3", "InceptionResNetV2", "MobileNet",
  "DenseNet121", "DenseNet169", "DenseNet201",
  "LeNet1", "LeNet1Original", "LeNet5", "LeNet5Original",
];

export const table = defineCommand({
  name: "table",
  examples: [
    ["cajal table", "the ten networks of Keras' table, and the LeNets"],
    ["cajal table --all", "and the deeper ones, MobileNetV2 and the rest"],
    ["cajal table lenet5 mobilenet", "some of them"],
    ["cajal table model.keras net.onnx", "your own: Keras, TF.js, ONNX, safetensors"],
    ["cajal table --markdown > table.md", "for a README"],
  ],
  arguments: { models: words("names of networks, or files") },
  options: {
    all: flag("all networks that Cajal builds"),
    markdown: flag("a Markdown table"),
  },
  async run({ output }, { models, markdown = false, all = false }) {
    const rows: TableRow[] = [];
    if (models.length === 0) rows.push(...(all ? describe() : describe(defaultNetworks)));
    for (const model of models)
      rows.push(...(isFile(model) ? await fromFile(model) : describe([model])));
    output.document(rows);
    const draw = markdown ? markdownTable : textTable;
    output.text(
      draw(
        [
          "network",
          "input",
          "MB",
          "published",
          "parameters",
          "trainable",
          "not",
          "depth",
          "published",
          "MACs",
          "top-1",
          "top-5",
        ],
        rows.map((row) => [
          row.name,
          row.input.map((extent) => extent ?? "?").join("×"),
          whole(row.size_mb),
          orNone(row.published_size_mb, whole),
          whole(row.params),
          whole(row.trainable),
          whole(row.non_trainable),
          whole(row.depth),
          orNone(row.published_depth, whole),
          orNone(row.macs ?? undefined, short),
          orNone(row.published_top1, percent),
          orNone(row.published_top5, percent),
        ]),
      ),
    );
  },
});

const orNone = (value: number | undefined, show: (value: number) => string): string =>
  value === undefined ? "–" : show(value);

async function fromFile(path: string): Promise<TableRow[]> {
  const bytes = await readInput(path);
  try {
    if (/\.onnx$/i.test(path)) {
      const { describeOnnx } = await import("../measure/describeOnnx");
      const { readModel } = await import("@cajal/onnx/node");
      return [{ ...describeOnnx(await readModel(path), bytes.length), name: basename(path) }];
    }
    const model = await configOf(path, bytes);
    const [row] = describe([model]);
    return [{ ...row!, name: basename(path) }];
  } catch (cause) {
    // The call was valid; the file is not.
    throw new CajalError(
      "bad-file",
      isCajalError(cause) && cause.message.startsWith(path)
        ? cause.message
        : `${path}: ${cause instanceof Error ? cause.message : cause}`,
      { path },
      { cause },
    );
  }
}

/** The config of any file that has one; for JSON the weights need not exist. */
async function configOf(path: string, bytes: Uint8Array): Promise<Model> {
  if (/\.json$/i.test(path)) return readKeras(new TextDecoder().decode(bytes));
  const { readModel } = await import("@cajal/transfer");
  return (await readModel(path)).model;
}
