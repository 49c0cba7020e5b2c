import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isCajalError } from "@cajal/core";
import { cifar10 } from "@cajal/datasets/node";
import { decodeCifar100 } from "../../../packages/datasets/src/sets/cifar100";
import { mutateBytes } from "../mutateBytes";
import { defineTarget } from "../target";

const folder = mkdtempSync(join(tmpdir(), "cajal-fuzz-cifar-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));

/** Records of CIFAR-10, a label and 3,072 pixels, from a folder; and of CIFAR-100, two labels and as many. */
export const cifar = defineTarget<Uint8Array>({
  name: "cifar",
  corpus: () =>
    [2 * 3073, 3073, 2 * 3074, 3074, 0].map((length) => Uint8Array.from({ length }, (_, i) => i % 10)), // prettier-ignore
  mutate: mutateBytes,
  async read(bytes) {
    let refused: unknown;
    try {
      decodeCifar100(bytes, "fine");
    } catch (error) {
      if (!isCajalError(error)) throw error;
      refused = error;
    }
    // What is no file of the one may be one of the other.
    writeFileSync(join(folder, "data_batch_1_first2.bin"), bytes);
    try {
      const { x, y } = await (await cifar10({ folder, partial: true })).all();
      if (x.shape[0]! * 3073 !== bytes.length || y.data.some((label) => label > 9))
        throw new Error("not what it is");
    } catch (error) {
      if (!isCajalError(error) || refused !== undefined) throw error;
    }
  },
});
