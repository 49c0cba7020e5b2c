import { dtypes, type Tensor, tensor } from "@cajal/core";
import { decodeSafetensors, encodeSafetensors } from "@cajal/files";
import { mutateBytes } from "../mutateBytes";
import { mutateValue } from "../mutateValue";
import { defineTarget } from "../target";

/** Damaged as bytes, or with a header that says something else. */
export const safetensors = defineTarget<Uint8Array>({
  name: "safetensors",
  corpus: () => [
    encodeSafetensors({ tensors: new Map(), metadata: {} }),
    encodeSafetensors({
      tensors: new Map(dtypes.map((dtype) => [`a/${dtype}`, tensor(dtype, [2, 3])])),
      metadata: { format: "pt", note: "ü" },
    }),
    encodeSafetensors({
      tensors: new Map<string, Tensor>([
        ["scalar", tensor("float32", [])],
        ["empty", tensor("int64", [0, 3])],
      ]),
      metadata: {},
    }),
  ],
  mutate(bytes, random, corpus) {
    if (random.integer(2) === 0) return mutateBytes(bytes, random, corpus);
    const size = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    const header: unknown = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + size)));
    const text = new TextEncoder().encode(JSON.stringify(mutateValue(header, random)) ?? "");
    const file = new Uint8Array(8 + text.length + bytes.length - 8 - size);
    new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
    file.set(text, 8);
    file.set(bytes.subarray(8 + size), 8 + text.length);
    return file;
  },
  read(bytes) {
    const decoded = decodeSafetensors(bytes);
    // What was read can be written, and is the same then.
    const again = decodeSafetensors(encodeSafetensors(decoded));
    if (again.tensors.size !== decoded.tensors.size) throw new Error("lost a tensor");
  },
});
