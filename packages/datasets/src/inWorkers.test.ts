// The same batches for 0, 1, 2 and 4 threads, from any batch on; memory bounded; errors and ends passed on.
import { execFileSync } from "node:child_process";
import { rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { tensor, type NamedBatch, type Tensor } from "@cajal/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundle } from "../../core/testing/bundle";
import { inWorkers } from "./inWorkers";

let module: URL;
beforeAll(async () => {
  module = pathToFileURL(await bundle(new URL("../testing/workerDataset.ts", import.meta.url)));
});
afterAll(() => rm(dirname(module.pathname), { recursive: true }));

async function pass(workers: number, epoch: number, start = 0): Promise<NamedBatch[]> {
  await using data = await inWorkers(module, { workers });
  const all = [];
  for await (const batch of data.batches({ epoch, start })) all.push(batch);
  return all;
}

describe("inWorkers", () => {
  it("gives the same batches for any number of threads, and from any batch on", async () => {
    const wanted = await pass(0, 1);
    expect(wanted).toHaveLength(5);
    for (const workers of [1, 2, 4]) expect(await pass(workers, 1)).toEqual(wanted);
    expect(await pass(2, 1, 3)).toEqual(wanted.slice(3));
    expect(await pass(2, 2)).not.toEqual(wanted);
  });

  it("goes on in a new process with the batches that it would have had, for any number of threads", async () => {
    const program = await bundle(new URL("../testing/resumeProgram.ts", import.meta.url));
    const hashes = (workers: number, start: number) =>
      execFileSync(process.execPath, [program, String(module), `${workers}`, "3", `${start}`], { encoding: "utf8" }); // prettier-ignore
    const whole = hashes(0, 0).trim().split("\n");
    expect(new Set(whole).size).toBe(5);
    for (const [workers, start] of [
      [0, 2],
      [1, 3],
      [2, 1],
      [4, 2],
    ] as const)
      // prettier-ignore
      expect(hashes(workers, start).trim().split("\n")).toEqual(whole.slice(start));
    await rm(dirname(program), { recursive: true });
  });

  it("sends the memory of batches back to be used again, which changes none of them", async () => {
    const wanted = await pass(0, 1);
    await using data = await inWorkers(module, { workers: 2 });
    let before: NamedBatch | undefined;
    for (const epoch of [1, 1]) {
      const copies = [];
      for await (const batch of data.batches({ epoch, reuse: true })) {
        copies.push(structuredClone(batch));
        // Of a pass the first four were asked for before any was delivered.
        if (copies.length === 2) expect((before!.x as Tensor).data).toHaveLength(0);
        before = batch;
      }
      expect(copies).toEqual(wanted);
    }
  });

  it("leaves to maps what is not the batch's alone, and says where it is not to be had any more", async () => {
    const passOf = async (workers: number, reuse: boolean) => {
      await using data = await inWorkers(module, { workers, options: { sharing: "constants" } });
      const all = [];
      for await (const batch of data.batches({ reuse })) all.push(structuredClone(batch));
      return all;
    };
    const wanted = await passOf(0, false);
    expect(wanted).toHaveLength(8);
    const { rows } = wanted[7]!.x as Record<string, Tensor>;
    expect([...rows!.data]).toEqual([70, 71, 72, 73, 74, 75, 76, 77, 78, 79]);
    for (const reuse of [false, true]) expect(await passOf(1, reuse)).toEqual(wanted);
    // No more than its own rows are copied, not the table that they lie in.
    await using data = await inWorkers(module, { workers: 1, options: { sharing: "constants" } });
    const { value } = await data.batches().next();
    expect((value!.x as Record<string, Tensor>).rows!.data.buffer.byteLength).toBe(40);
    await using kept = await inWorkers(module, { workers: 1, options: { sharing: "kept" } });
    const batches = kept.batches();
    await batches.next();
    await expect(batches.next()).rejects.toThrow("has lost its memory");
  });

  it("knows its size and classes, and hands options over", async () => {
    await using data = await inWorkers(module, { workers: 1, options: { n: 11 } });
    expect([data.size, data.batchSize, data.batchCount]).toEqual([11, 5, 3]);
    expect(data.classes).toEqual(["a", "b", "c", "d"]);
  });

  it("asks for no more than it may be ahead", async () => {
    await using data = await inWorkers(module, { workers: 1, ahead: 1, options: { n: 50, fail: 2 } }); // prettier-ignore
    const batches = data.batches();
    // Batch 2 fails; were it asked for with batch 0 the first would still come.
    await batches.next();
    await batches.next();
    await expect(batches.next()).rejects.toThrow("batch 2 is not to be had");
  });

  it("ends when aborted, left early, or closed", async () => {
    const data = await inWorkers(module, { workers: 2 });
    const control = new AbortController();
    const batches = data.batches({ signal: control.signal });
    await batches.next();
    control.abort(new Error("enough"));
    await expect(batches.next()).rejects.toThrow("enough");
    for await (const _ of data) break;
    await data.close();
    await expect(data.batches().next()).rejects.toThrow(expect.objectContaining({ code: "disposed" })); // prettier-ignore
  });

  it.each([
    ["throwsText", { name: "Error", message: "it threw text" }],
    ["throwsNothing", { name: "Error", message: "it threw undefined" }],
    ["throwsRange", { name: "RangeError", message: "too far" }],
    ["throwsFacts", { name: "CajalError", code: "bad-file", message: "damaged", facts: { row: 3 } }], // prettier-ignore
  ])("passes on what a map throws, also a second time: %s", async (odd, wanted) => {
    await using data = await inWorkers(module, { workers: 1, options: { odd } });
    for (let pass = 0; pass < 2; pass++) {
      const failure = await data.batches().next().catch((error: unknown) => error); // prettier-ignore
      expect(failure).toBeInstanceOf(Error);
      expect(failure).toMatchObject(wanted);
    }
  });

  it("sends what a map adds to a batch as it is", async () => {
    await using data = await inWorkers(module, { workers: 1, options: { odd: "hasFields" } });
    const { value } = await data.batches().next();
    expect(value).toMatchObject({ at: new Date(7), names: new Map([["a", 1]]) });
    expect([...(value as unknown as { bytes: Uint8Array }).bytes]).toEqual([1, 2]);
  });

  it("makes batches of tensors that nobody needs, of those that are all of their memory", async () => {
    const wanted = await pass(0, 0);
    await using data = await inWorkers(module, { workers: 2 });
    const [first, second] = [structuredClone(wanted[0]!.x as Tensor), tensor("float32", [3])];
    const part = { ...second, shape: [2], data: second.data.subarray(1) };
    const reuse: Tensor[] = [first, first, part];
    const batches = [];
    for await (const batch of data.batches({ reuse })) batches.push(batch);
    expect(batches).toEqual(wanted);
    expect([reuse.length, first.data.length, second.data.length]).toEqual([0, 0, 3]);
  });

  it.each([0, 1])("refuses options that are no plain data, with %i threads", async (workers) => {
    await expect(inWorkers(module, { workers, options: { read: () => 3 } })).rejects.toThrow(
      expect.objectContaining({ code: "bad-argument", message: expect.stringContaining("no plain data") as string }), // prettier-ignore
    );
  });

  it.each([0, 1])(
    "refuses a signal that was aborted, also of no batches, with %i threads",
    async (workers) => {
      await using data = await inWorkers(module, { workers, options: { n: 0 } });
      const signal = AbortSignal.abort(new Error("enough"));
      await expect(data.batches({ signal }).next()).rejects.toThrow("enough");
    },
  );

  it.each([0, 1])("says which module is missing, with %i threads", async (workers) => {
    const missing = new URL("nowhere.mjs", module);
    await expect(inWorkers(missing, { workers })).rejects.toThrow(
      expect.objectContaining({ code: "bad-argument", message: expect.stringMatching(/nowhere\.mjs: its dataset cannot be made: /) as string }), // prettier-ignore
    );
  });

  it.each([0, 1])("refuses modules without a dataset, with %i threads", async (workers) => {
    const file = join(dirname(module.pathname), `bad${workers}.mjs`);
    await writeFile(file, "export default 7;");
    await expect(inWorkers(pathToFileURL(file), { workers })).rejects.toThrow(/is no dataset/);
    await expect(inWorkers(module, { workers: -1 })).rejects.toThrow(expect.objectContaining({ code: "bad-argument" })); // prettier-ignore
  });
});
