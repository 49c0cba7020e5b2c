// Safetensors: weights alone, each under a name; names of ours are `layer/weight`.
import { decodeSafetensors } from "@cajal/files";
import { defineFormat } from "./format";

export const safetensors = defineFormat({
  name: "safetensors",
  // Eight bytes of length, then the header's brace.
  detect: (head) => head.length > 9 && head[8] === 0x7b && head[7] === 0,
  async readWeights(source) {
    const { tensors } = decodeSafetensors(await source.read(0, source.size), source.name);
    const weights = [...tensors].map(([name, value]) => ({
      name,
      shape: value.shape,
      read: async () => value,
    }));
    return { format: "safetensors", groups: [{ name: "", weights }] };
  },
});
