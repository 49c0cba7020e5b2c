import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { checkModel, decodeModel, encodeModel, inferShapes } from "@cajal/onnx";
import { mutateBytes } from "../mutateBytes";
import { defineTarget } from "../target";

const folder = fileURLToPath(new URL("../packages/onnx/fixtures/", import.meta.url));

/** Decoded, checked, its shapes inferred, written back. */
export const onnxBytes = defineTarget<Uint8Array>({
  name: "onnxBytes",
  corpus: () =>
    ["", "exports/", "node/"].flatMap((place) =>
      readdirSync(folder + place)
        .filter((name) => name.endsWith(".onnx"))
        .map((name) => new Uint8Array(readFileSync(folder + place + name)))
        .filter((bytes) => bytes.length < 20_000),
    ),
  mutate: mutateBytes,
  read(bytes) {
    const model = decodeModel(bytes);
    checkModel(model);
    inferShapes(model);
    encodeModel(model);
  },
});
