import { mkdtemp, open, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { recordWith } from "../../../testing/record";
import { openJournal } from "./journal";

it("holds all records of a measurement, or none where the disk does not take them", async () => {
  const folder = await mkdtemp(join(tmpdir(), "cajal-journal-"));
  const path = join(folder, "records.jsonl");
  const handle = await open(folder);
  const full = vi.spyOn(Object.getPrototypeOf(handle) as typeof handle, "datasync");
  try {
    const journal = await openJournal(folder, { suite: "speed", seed: 42 });
    await journal.add([recordWith({ model: "a" })]);
    const before = await readFile(path, "utf8");
    const error = Object.assign(new Error("ENOSPC: no space left on device"), {
      code: "ENOSPC",
      errno: -28,
      syscall: "fdatasync",
    });
    full.mockRejectedValueOnce(error);
    const add = journal.add([recordWith({ model: "b" }), recordWith({ model: "b", phase: "train" })]); // prettier-ignore
    await expect(add).rejects.toMatchObject({ code: "io" });
    expect(await readFile(path, "utf8")).toBe(before);
  } finally {
    full.mockRestore();
    await handle.close();
    await rm(folder, { recursive: true });
  }
});
