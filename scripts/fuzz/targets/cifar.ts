import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cifar10 } from "@cajal/datasets/node";
import { decodeCifar100 } from "../../../packages/datasets/src/sets/cifar100";
import { mutateBytes } from "../mutateBytes";
import { defineTarget } from "../target";

const folder = mkdtempSync(join(tmpdir(), "cajal-fuzz-cifar-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));

/** Records of CIFAR-10, from a folder, and of CIFAR-100. */
export const cifar = defineTarget<Uint8Array>({
  name: "cifar",
  corpus: () => [2, 1, 0].map((records) => Uint8Array.from({ length: records * 3073 }, (_, i) => i % 10)), // prettier-ignore
  mutate: mutateBytes,
  async read(bytes) {
    decodeCifar100(bytes, "fine");
    writeFileSync(join(folder, "data_batch_1_first2.bin"), bytes);
    const { x, y } = await (await cifar10({ folder, partial: true })).all();
    if (x.shape[0] !== 2 || y.data.some((label) => label > 9)) throw new Error("not what it is");
  },
});
