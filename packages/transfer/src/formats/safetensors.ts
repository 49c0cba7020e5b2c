// Safetensors: weights alone, each under a name (names of ours are `layer/weight`); or with the model's config
// in the metadata, as `saveModel` of @cajal/train writes them.
import { CajalError, type Tensor } from "@cajal/core";
import { openSafetensors } from "@cajal/files";
import { readKeras } from "@cajal/models";
import { decodeSavedModel, encodeSavedModel } from "@cajal/train";
import { defineFormat } from "./format";

export const safetensors = defineFormat({
  name: "safetensors",
  // Eight bytes of length, then the header's brace.
  detect: (head) => head.length > 9 && head[8] === 0x7b && head[7] === 0,
  async readModel(source, { layers }) {
    const { tensors, metadata } = await openSafetensors(source);
    if (metadata.config === undefined)
      throw new CajalError(
        "bad-file",
        `${source.name}: this safetensors file holds weights alone. Give it to readWeights, with the model that they belong to.`,
        { file: source.name },
      );
    const weights = new Map<string, Tensor>();
    for (const [name, stored] of tensors) weights.set(name, await stored.read());
    const contents = { tensors: weights, metadata };
    const { model, ...rest } = decodeSavedModel(contents, source.name, { layers });
    return { format: this.name, model: readKeras(model), ...rest };
  },
  async readWeights(source) {
    const { tensors, metadata } = await openSafetensors(source);
    const weights = [...tensors].map(([name, stored]) => ({ name, ...stored }));
    // Files of our own keep the model's order.
    const sorted = metadata.config === undefined && areSorted(weights);
    return { format: "safetensors", groups: [{ name: "", weights }], sorted };
  },
  encoders: [
    {
      id: "safetensors",
      endings: [".safetensors"],
      encode({ model, network, weights, labels }, name) {
        const saved = { model, weights, ...(labels && { labels }) };
        return new Map([[name, encodeSavedModel(saved, { layers: network.added })]]);
      },
    },
  ],
});

/** Whether names lie as the library of Python puts them: by their types, and of one type "dense_10/bias", "dense_9/bias". */
const areSorted = (weights: readonly { name: string; dtype: string }[]): boolean =>
  weights.length > 1 &&
  weights.every(({ name, dtype }, i) => {
    const before = weights[i - 1];
    return before?.dtype !== dtype || before.name < name;
  });
