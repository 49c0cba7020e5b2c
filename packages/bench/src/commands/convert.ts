// cajal convert: converts a model from any format to any other.
import { readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { CajalError } from "@cajal/core";
import type { Image } from "@cajal/datasets";
import { imageFolder } from "@cajal/datasets/node";
import { checkWritable } from "@cajal/files/node";
import { resolve, summary, toOnnx } from "@cajal/models";
import { float16Weights, int8Weights, type OnnxModel } from "@cajal/onnx";
import { writeModel as writeOnnx } from "@cajal/onnx/node";
import { formatByName, quantizeOn, readModel, writeModel, type ReadGraph, type ReadModel, type WriteFormat } from "@cajal/transfer"; // prettier-ignore
import { imageModel, prepareImage } from "../choices/imageModel";
import type { Context } from "../context";
import { describeOnnx } from "../measure/describeOnnx";
import { whole } from "../text/format";
import { defineCommand } from "./shared/defineCommand";
import { argument, flag, optionalText, text } from "./shared/parameters";
import { preprocess } from "./shared/preprocess";

export const convert = defineCommand({
  name: "convert",
  examples: [
    ["cajal convert model.h5 model.onnx", "Keras to ONNX"],
    ["cajal convert web/model.json model.keras", "TF.js to Keras"],
    ["cajal convert model.keras web/model.json", "and back"],
  ],
  arguments: {
    from: argument("model of Keras, TF.js, or safetensors of Cajal", { required: true }),
    into: argument("file; its ending says the format", { required: true }),
  },
  options: {
    int8: optionalText(
      "[folder]",
      "a smaller ONNX file: int8 weights; of pictures in class folders, activations too",
    ),
    float16: flag("a smaller ONNX file: weights in half precision"),
    preprocess,
    to: text("<format>", "keras, h5, weights.h5, tfjs, onnx, safetensors, npz"),
  },
  async run(context, options) {
    const { output, progress, signal } = context;
    const { from, into, to, int8, float16 = false } = options;
    // Checked before the conversion.
    const format = (to ?? formatByName(into)) as WriteFormat;
    if ((int8 !== undefined || float16) && (format !== "onnx" || (int8 !== undefined && float16)))
      throw new CajalError(
        "bad-argument",
        format === "onnx"
          ? "convert: got --int8 and --float16, expected one of them."
          : `convert: --int8 and --float16 make ONNX files smaller; ${into} is to be ${format}.`,
      );
    await checkWritable(into);
    progress.start(`Reading ${from}`);
    const read = await readModel(from, { signal, optimizer: true, graphs: true });
    if (isGraph(read)) {
      await convertGraph(context, read, { ...options, format });
      return;
    }
    const { totalParams } = summary(read.model);
    progress.finish(`${read.format}, ${whole(totalParams)} parameters`);
    if (int8 === undefined && !float16) await writeModel(into, read, { format, signal });
    else {
      progress.start(int8 === undefined ? "Weights to float16" : "Weights to int8");
      await writeOnnx(into, await reducedModel(context, read, options), { signal });
      progress.finish("done");
    }
    const { bytes, holdsState } = writtenIn(into, format);
    const isLost = read.optimizerState !== undefined && !holdsState;
    const isKept = read.optimizerState !== undefined && holdsState;
    const result = {
      from,
      read_as: read.format,
      to: into,
      format,
      params: totalParams,
      bytes,
      labels: read.labels?.length ?? 0,
      optimizer_state: isKept,
    };
    output.document(result);
    output.text(
      `${into}: ${format}, ${whole(totalParams)} parameters${isKept ? ", with the optimizer's state" : ""}`,
    );
    if (isLost) output.text(`The optimizer's state is left out: ${into} has no place for it.`);
    if (read.unreadOptimizerState) output.text(`The optimizer's state is left out: ${read.unreadOptimizerState}.`); // prettier-ignore
  },
});

interface Written {
  /** Of all files: in TF.js' format weights lie beside the model. */
  readonly bytes: number;
  /** Whether they hold the state of an optimizer, if there is one: TF.js' do of those that it has. */
  readonly holdsState: boolean;
}

/** What was written. */
function writtenIn(path: string, format: WriteFormat): Written {
  const { size } = statSync(path);
  if (format !== "tfjs") return { bytes: size, holdsState: ["keras", "h5", "weights.h5"].includes(format) }; // prettier-ignore
  const { weightsManifest } = JSON.parse(readFileSync(path, "utf8")) as {
    weightsManifest: { paths: string[]; weights: { group?: string }[] }[];
  };
  const shards = weightsManifest.flatMap(({ paths }) => paths);
  return {
    bytes: shards.reduce((sum, name) => sum + statSync(join(dirname(path), name)).size, size),
    holdsState: weightsManifest.some(({ weights }) => weights.some(({ group }) => group === "optimizer")), // prettier-ignore
  };
}

const isGraph = (read: ReadModel | ReadGraph): read is ReadGraph => read.format === "ONNX";

/** Converts an ONNX graph, with smaller weights if requested. */
async function convertGraph(
  { output, progress, signal }: Context,
  { model, labels }: ReadGraph,
  { from, into, format, int8, float16 = false }: { from: string; into: string; format: WriteFormat; int8?: string | true; float16?: boolean }, // prettier-ignore
): Promise<void> {
  if (format !== "onnx")
    throw new CajalError(
      "unsupported",
      `convert: ${from} is an ONNX graph, which ${format} cannot hold; expected an .onnx file to write.`,
      { from, format },
    );
  if (typeof int8 === "string")
    throw new CajalError(
      "unsupported",
      `convert: --int8 with pictures is for Keras models; of an ONNX graph give --int8 alone (weights), or use quantizeOn of @cajal/transfer.`,
    );
  // In half precision, too.
  const { params } = describeOnnx(model, 0);
  progress.finish(`ONNX, ${whole(params)} parameters`);
  await writeOnnx(into, float16 ? float16Weights(model) : int8 ? int8Weights(model) : model, { signal }); // prettier-ignore
  const bytes = statSync(into).size;
  output.document({ from, read_as: "ONNX", to: into, format, params, bytes, labels: labels?.length ?? 0, optimizer_state: false }); // prettier-ignore
  output.text(`${into}: onnx, ${whole(params)} parameters`);
}

/** The model as ONNX with smaller weights. */
async function reducedModel(
  context: Context,
  { model, weights, labels }: ReadModel,
  {
    from,
    int8,
    preprocess,
  }: {
    from: string;
    /** A folder of class folders with calibration images; true: quantizes weights only. */
    int8?: string | true;
    preprocess?: string;
  },
): Promise<OnnxModel> {
  const graph = toOnnx(model, weights);
  const metadata = new Map(graph.metadata);
  if (labels) metadata.set("labels", JSON.stringify(labels));
  const wholeBatches = { ...graph, metadata };
  if (int8 === undefined) return float16Weights(wholeBatches);
  if (int8 === true) return int8Weights(wholeBatches);
  const { signal } = context;
  const network = await imageModel(from, context, { ...(preprocess && { preprocess }) });
  const chain = prepareImage(network);
  const pictures = await imageFolder(int8, { channels: 3, prepare: (image) => chain(image) as Image<"float32"> }); // prettier-ignore
  const [first] = resolve(model).inputs;
  // A fixed batch size is respected; about a hundred images suffice for calibration.
  const some = pictures.shuffle({ seed: context.seed }).take(200).batch(first!.shape[0] ?? 8, { dropRemainder: first!.shape[0] !== null }); // prettier-ignore
  const inputs = async function* () {
    for await (const { x } of some.batches({ signal })) yield x;
  };
  return quantizeOn(wholeBatches, inputs(), { signal });
}
