import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { checkModel, decodeModel, encodeModel, inferShapes, type OnnxModel } from "@cajal/onnx";
import { mutateValue } from "../mutateValue";
import { defineTarget } from "../target";

const folder = fileURLToPath(new URL("../packages/onnx/fixtures/", import.meta.url));

/** Graphs in memory whose parts are exchanged, lost and of the wrong kind. */
export const onnxGraphs = defineTarget<unknown>({
  name: "onnxGraphs",
  corpus: () =>
    ["", "exports/", "node/"].flatMap((place) =>
      readdirSync(folder + place)
        .filter((name) => name.endsWith(".onnx"))
        .map((name) => new Uint8Array(readFileSync(folder + place + name)))
        .filter((bytes) => bytes.length < 20_000)
        .map((bytes) => decodeModel(bytes)),
    ),
  mutate: mutateValue,
  read(input) {
    const model = input as OnnxModel;
    checkModel(model);
    inferShapes(model);
    encodeModel(model);
  },
});
