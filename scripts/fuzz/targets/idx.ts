import { parseIdx } from "@cajal/datasets";
import { mutateBytes } from "../mutateBytes";
import { defineTarget } from "../target";

/** Code of every element type in a file's third byte, and its width. */
const types = [
  [0x08, 1],
  [0x09, 1],
  [0x0b, 2],
  [0x0c, 4],
  [0x0d, 4],
  [0x0e, 8],
] as const;

export const idx = defineTarget<Uint8Array>({
  name: "idx",
  corpus: () =>
    types.flatMap(([code, width]) =>
      [[], [3], [2, 3], [2, 0, 3], [2, 3, 2, 1]].map((shape) => {
        const size = shape.reduce((product, extent) => product * extent, 1);
        const bytes = new Uint8Array(4 + 4 * shape.length + width * size);
        bytes.set([0, 0, code, shape.length]);
        shape.forEach((extent, axis) => (bytes[7 + 4 * axis] = extent));
        return bytes;
      }),
    ),
  mutate: mutateBytes,
  read: (bytes) => parseIdx(bytes),
});
