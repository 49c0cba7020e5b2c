import { tensor, type DType } from "@cajal/core";
import { decodeNpy, encodeNpy } from "@cajal/files";
import { mutateBytes } from "../mutateBytes";
import { defineTarget } from "../target";

const types: readonly DType[] = ["float32", "float64", "int32", "int64", "uint8", "bool"];
const shapes = [[], [0], [3], [2, 3, 2]];

export const npy = defineTarget<Uint8Array>({
  name: "npy",
  corpus: () => types.flatMap((dtype) => shapes.map((shape) => encodeNpy(tensor(dtype, shape)))),
  mutate: mutateBytes,
  read: (bytes) => encodeNpy(decodeNpy(bytes, "x.npy")),
});
