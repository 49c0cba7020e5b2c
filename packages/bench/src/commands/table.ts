// cajal table: networks, ours and those in files, in numbers.
import { basename, extname } from "node:path";
import { CajalError } from "@cajal/core";
import { readKeras } from "@cajal/models";
import type { CommonOptions, Context } from "../context";
import { percent, short, whole } from "../report/format";
import { markdownTable, textTable } from "../output";
import { readInput } from "../readInput";
import { table as describe, type TableRow } from "../measure/table";

export interface TableOptions extends CommonOptions {
  markdown?: boolean;
  all?: boolean;
}

/** The ten of Keras' first table, and the small ones; the deeper variants come with --all. */
// prettier-ignore
const usual = [
  "Xception", "VGG16", "VGG19", "ResNet50", "InceptionV3", "InceptionResNetV2", "MobileNet",
  "DenseNet121", "DenseNet169", "DenseNet201",
  "LeNet1", "LeNet1Original", "LeNet5", "LeNet5Original",
];

export async function table(
  { output }: Context,
  models: readonly string[],
  { markdown = false, all = false }: TableOptions,
): Promise<void> {
  const rows: TableRow[] = [];
  if (models.length === 0) rows.push(...(all ? describe() : describe(usual)));
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
}

const orNone = (value: number | undefined, show: (value: number) => string): string =>
  value === undefined ? "–" : show(value);

/** A path, or something that looks like one: no network's name has a dot or a slash. */
const isFile = (model: string): boolean => /[./\\]/.test(model);

async function fromFile(path: string): Promise<TableRow[]> {
  const kind = extname(path).toLowerCase();
  const read = Object.entries(readers).find(([extension]) => extension === kind)?.[1];
  if (read === undefined)
    throw new CajalError(
      "bad-argument",
      `table: got ${path}, expected a network's name or a file that ends in ${Object.keys(readers).join(" or ")}.`,
      { path },
    );
  const bytes = await readInput(path);
  try {
    return [{ ...(await read(bytes)), name: basename(path) }];
  } catch (cause) {
    // The call was right; what is in the file is not.
    throw new CajalError(
      "bad-file",
      `${path}: ${cause instanceof Error ? cause.message : cause}`,
      { path },
      { cause },
    );
  }
}

const readers: Readonly<Record<string, (bytes: Uint8Array) => Promise<TableRow>>> = {
  async ".json"(bytes) {
    const [row] = describe([readKeras(new TextDecoder().decode(bytes))]);
    return row!;
  },
  async ".onnx"(bytes) {
    const { describeOnnx } = await import("../measure/describeOnnx");
    return describeOnnx(bytes);
  },
};
