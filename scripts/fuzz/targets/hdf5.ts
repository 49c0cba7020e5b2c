import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { isCajalError } from "@cajal/core";
import { type Hdf5Dataset, type Hdf5Group, openHdf5 } from "@cajal/files";
import { mutateBytes } from "../mutateBytes";
import { defineTarget } from "../target";

const fixture = (name: string) =>
  fileURLToPath(new URL(`../packages/files/fixtures/hdf5/${name}`, import.meta.url));

/** Everything in a file is read. */
export const hdf5 = defineTarget<Uint8Array>({
  name: "hdf5",
  corpus: () => ["old.h5", "new.h5"].map((name) => new Uint8Array(readFileSync(fixture(name)))),
  mutate: mutateBytes,
  async read(bytes) {
    const visited = new Set<Hdf5Group | Hdf5Dataset>();
    const waiting: (Hdf5Group | Hdf5Dataset | undefined)[] = [await openHdf5(bytes)];
    while (waiting.length > 0) {
      const object = waiting.pop();
      if (!object || visited.has(object)) continue;
      visited.add(object);
      for (const name of await answer(object.attributes(), []))
        await answer(object.attribute(name), undefined);
      if (object.kind === "dataset") await answer(object.read(), undefined);
      else
        for (const name of await object.keys())
          waiting.push(await answer(object.get(name), undefined));
    }
  },
});

/** An error of one part is an answer: the others are read all the same. */
const answer = async <T>(work: Promise<T>, otherwise: T): Promise<T> =>
  work.catch((error: unknown) => {
    if (!isCajalError(error)) throw error;
    return otherwise;
  });
