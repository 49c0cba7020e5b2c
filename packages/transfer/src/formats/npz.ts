// NumPy's .npz: weights alone, each an array under its key `layer/weight`.
import { encodeNpz, looksLikeZip, openNpz } from "@cajal/files";
import { defineFormat } from "./format";

export const npz = defineFormat({
  name: "NumPy .npz",
  detect: (head) => looksLikeZip(head) && beginsWithNpy(head),
  async readWeights(source) {
    const weights = [];
    for (const [name, array] of await openNpz(source)) {
      // Shapes stand in the arrays themselves.
      const value = await array.read();
      weights.push({ name, shape: value.shape, read: async () => value });
    }
    return { format: "NumPy .npz", groups: [{ name: "", weights }] };
  },
  encoders: [
    {
      id: "npz",
      endings: [".npz"],
      encode: ({ weights }, name) => new Map([[name, encodeNpz(weights)]]),
    },
  ],
});

/** Whether the first member of a zip archive is an array; one without members may be of none. */
export function beginsWithNpy(head: Uint8Array): boolean {
  const empty = head[2] === 5 && head[3] === 6; // the end of a list of members at once
  return empty || firstMember(head).endsWith(".npy");
}

/** Name of the first member of a zip archive, by its first bytes. */
export function firstMember(head: Uint8Array): string {
  const length = (head[26] ?? 0) | ((head[27] ?? 0) << 8);
  return new TextDecoder().decode(head.subarray(30, 30 + length));
}
