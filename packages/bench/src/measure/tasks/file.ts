// Facts about a network without running it: parameters, depth, multiply-adds, size of its file.
import { modelFacts, modelTable, toOnnx } from "@cajal/models";
import { encodeModelParts } from "@cajal/onnx";
import { isFile } from "../../choices/isFile";
import { networkOf } from "./shared";
import type { SingleTask } from "./task";

export const file: SingleTask = {
  name: "file",
  async run({ model: name, seed = 42 }) {
    const { model, weights } = await networkOf(name, seed);
    const parts = encodeModelParts(toOnnx(model, weights));
    const bytes = parts.reduce((sum, part) => sum + part.byteLength, 0);
    const [row] = modelTable([isFile(name) ? model : modelFacts(name)]);
    return [
      {
        n: 1,
        params: row!.params,
        depth: row!.depth.computed,
        file_mb: Number((bytes / 2 ** 20).toFixed(3)),
        ...(Number.isFinite(row!.macs) && { macs: row!.macs }),
      },
    ];
  },
};
