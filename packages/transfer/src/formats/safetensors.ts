// Safetensors: weights alone, each under a name (names of ours are `layer/weight`); or with the model's config
// in the metadata, as `saveModel` of @cajal/train writes them.
import { CajalError } from "@cajal/core";
import { decodeSafetensors } from "@cajal/files";
import { readKeras } from "@cajal/models";
import { decodeSavedModel, encodeSavedModel } from "@cajal/train";
import { defineFormat } from "./format";

export const safetensors = defineFormat({
  name: "safetensors",
  // Eight bytes of length, then the header's brace.
  detect: (head) => head.length > 9 && head[8] === 0x7b && head[7] === 0,
  async readModel(source) {
    const bytes = await source.read(0, source.size);
    const { metadata } = decodeSafetensors(bytes, source.name);
    if (metadata.config === undefined)
      throw new CajalError(
        "bad-file",
        `${source.name}: this safetensors file holds weights alone. Give it to readWeights, with the model that they belong to.`,
        { file: source.name },
      );
    const { model, ...rest } = decodeSavedModel(bytes, source.name);
    return { format: this.name, model: readKeras(model), ...rest };
  },
  async readWeights(source) {
    const { tensors } = decodeSafetensors(await source.read(0, source.size), source.name);
    const weights = [...tensors].map(([name, value]) => ({
      name,
      shape: value.shape,
      read: async () => value,
    }));
    return { format: "safetensors", groups: [{ name: "", weights }] };
  },
  encoders: [
    {
      id: "safetensors",
      endings: [".safetensors"],
      encode: ({ model, weights, labels }, name) =>
        new Map([[name, encodeSavedModel({ model, weights, ...(labels && { labels }) })]]),
    },
  ],
});
