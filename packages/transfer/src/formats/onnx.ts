// ONNX: written from here; a graph is no Keras config, and what reads one is @cajal/onnx.
import { CajalError, isCajalError } from "@cajal/core";
import { toOnnx } from "@cajal/models";
import {
  decodeModelWithExternalData,
  encodeModel,
  withInitializers,
  type DataFile,
  type OnnxModel,
} from "@cajal/onnx";
import { floatsOf } from "../adapt/graph/loadedGraph";
import { parseLabels } from "../parseObject";
import type { OpenSource } from "../source";
import { defineFormat } from "./format";
import { isSavedModel } from "./savedModel";

export const onnx = defineFormat({
  name: "ONNX",
  // A protobuf message that opens with its first field, a small version of the format.
  detect: (head, name) =>
    name.endsWith(".onnx") || (head[0] === 0x08 && head[1]! < 0x20 && !isSavedModel(head)),
  readGraph: async (source) => {
    const model = await decoded(source);
    const text = model.metadata?.get("labels");
    const labels = text === undefined ? undefined : parseLabels(text, `${source.name}, labels`);
    return { format: "ONNX", model, weights: floatsOf(model), ...(labels && { labels }) };
  },
  readWeights: refuse,
  encoders: [
    {
      id: "onnx",
      endings: [".onnx"],
      encode({ model, network, weights, labels }, name) {
        const graph = toOnnx(model, weights, { layers: network.added });
        return new Map([[name, encoded(graph, labels)]]);
      },
      encodeGraph: ({ model, weights, labels }, name) =>
        new Map([[name, encoded(weights ? withInitializers(model, weights) : model, labels)]]),
    },
  ],
});

/** With the files beside it that its weights lie in. Errors of the decoder, which knows bytes alone, get the file's name. */
async function decoded(source: OpenSource): Promise<OnnxModel> {
  const bytes = await source.read(0, source.size);
  const files = new Map<string, Promise<DataFile>>();
  const open = (location: string) => {
    const path = location.split(/[\\/]/).filter((part) => part !== "" && part !== ".").join("/"); // prettier-ignore
    const file = files.get(path) ?? source.beside(path);
    files.set(path, file);
    return file;
  };
  try {
    return await decodeModelWithExternalData(bytes, open);
  } catch (cause) {
    if (!isCajalError(cause)) throw cause;
    const { code, message, facts } = cause;
    const file = source.name;
    throw new CajalError(code, `${file}: ${message}`, { ...facts, file }, { cause });
  }
}

function encoded(graph: OnnxModel, labels: readonly string[] | undefined): Uint8Array {
  const metadata = new Map(graph.metadata);
  if (labels) metadata.set("labels", JSON.stringify(labels));
  return encodeModel({ ...graph, metadata });
}

async function refuse({ name }: OpenSource): Promise<never> {
  throw new CajalError(
    "unsupported",
    `${name}: it is an ONNX graph, whose weights are named by whoever exported it. Read it whole: readModel(…, { graphs: true }).`,
    { file: name },
  );
}
