import { createHash } from "node:crypto";
import { type Tensor, tensor } from "@cajal/core";
import { decodeSafetensors, encodeSafetensors } from "@cajal/files";
import { decodeCheckpoint, encodeCheckpoint } from "@cajal/train";
import { mutateBytes } from "../mutateBytes";
import { mutateValue } from "../mutateValue";
import { defineTarget } from "../target";

/** Damaged as bytes, or other content under a checksum that holds. */
export const checkpoint = defineTarget<Uint8Array>({
  name: "checkpoint",
  corpus: () =>
    Promise.all(
      [0, 7].map((step) =>
        encodeCheckpoint({
          weights: new Map([["dense/kernel", tensor("float32", [2, 3])]]),
          state: new Map<string, Tensor>([
            ["dense/kernel/velocity", tensor("float32", [2, 3])],
            ["iteration", tensor("int64", [], [step])],
          ]),
          position: {
            step,
            epoch: 1,
            batch: step,
            data: { size: 100, batchSize: 10 },
            totals: { loss: [1.5 * step, 10 * step], accuracy: [3, 10 * step] },
          },
          seed: 42,
        }),
      ),
    ),
  mutate(bytes, random, corpus) {
    if (random.integer(4) === 0) return mutateBytes(bytes, random, corpus);
    const { tensors, metadata } = decodeSafetensors(bytes);
    const run: unknown = JSON.parse(metadata.run ?? "{}");
    const [first = {}, second] = [mutateValue(run, random), mutateValue({ ...metadata }, random)];
    const mutated =
      random.integer(2) === 0
        ? { ...metadata, run: JSON.stringify(first) }
        : textsOf(second, metadata);
    const kept = random.integer(4) === 0 ? new Map([...tensors].slice(1)) : tensors;
    return signed(encodeSafetensors({ tensors: kept, metadata: mutated }));
  },
  read: (bytes) => decodeCheckpoint(new Uint8Array(bytes)),
});

/** What of a mutated metadata is still text by name. */
function textsOf(value: unknown, otherwise: Readonly<Record<string, string>>) {
  if (typeof value !== "object" || value === null) return otherwise;
  return Object.fromEntries(
    Object.entries(value).filter(
      (entry): entry is [string, string] => typeof entry[1] === "string",
    ),
  );
}

function signed(bytes: Uint8Array): Uint8Array {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const mark = '"sha256":"';
  const at = text.indexOf(mark);
  if (at < 0) return bytes;
  const digits = at + mark.length;
  if (!/^[0-9a-f]{64}$/.test(text.toString("latin1", digits, digits + 64))) return bytes;
  text.write("0".repeat(64), digits, "latin1");
  text.write(createHash("sha256").update(text).digest("hex"), digits, "latin1");
  return bytes;
}
