import { isCajalError, tensor, type Tensor } from "@cajal/core";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  chmodSync,
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bundle } from "../../../core/testing/bundle";
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from "./checkpoint";
import {
  checkpoints,
  latestCheckpoint,
  listCheckpoints,
  loadCheckpoint,
  saveCheckpoint,
} from "./checkpointFiles";

const checkpointAt = (step: number): Checkpoint => ({
  weights: new Map([["dense/kernel", tensor("float32", [2, 3], [1, 2, 3, 4, 5, step])]]),
  state: new Map<string, Tensor>([
    ["iteration", tensor("int64", [], [step])],
    ["dense/kernel/momentum", tensor("float32", [2, 3], [0.1, 0, 0, 0, 0, -step])],
  ]),
  position: {
    step,
    epoch: 1,
    batch: 2,
    data: { size: 300, batchSize: 64 },
    totals: { loss: [0.1 + 0.2, 128], accuracy: [3, 128] },
  },
  seed: 2 ** 40 + 1,
  formulations: { "a gradient": "wholeBatch" },
});

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "cajal-checkpoints-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const failure = async (work: Promise<unknown>) => {
  const error: unknown = await work.then(
    () => new Error("it did not fail"),
    (cause: unknown) => cause,
  );
  if (isCajalError(error)) return error;
  throw error;
};

describe("checkpoints in a folder", () => {
  it("give back what was saved", async () => {
    const path = join(folder, "sub", "one.safetensors");
    await saveCheckpoint(path, checkpointAt(5));
    expect(await loadCheckpoint(path)).toEqual(checkpointAt(5));
  });

  it("are listed newest first, and the oldest go", async () => {
    const target = checkpoints(folder, { keep: 2 });
    for (const step of [8, 9, 10, 11]) await target.save(checkpointAt(step));
    const names = ["step-00000011.safetensors", "step-00000010.safetensors"];
    expect(await listCheckpoints(folder)).toEqual(names.map((name) => join(folder, name)));
    expect(readdirSync(folder).length).toBe(2);
    expect(await latestCheckpoint(folder)).toEqual(checkpointAt(11));
    expect(await latestCheckpoint(join(folder, "absent"))).toBe(undefined);
  });

  it("tell every flipped bit and every cut", async () => {
    const path = join(folder, "one.safetensors");
    await saveCheckpoint(path, checkpointAt(5));
    const bytes = readFileSync(path);
    for (let i = 0; i < bytes.length; i++) {
      const damaged = Buffer.from(bytes);
      damaged[i]! ^= 1 << (i % 8);
      writeFileSync(path, damaged);
      // A type that is none may also be one of a newer format.
      expect(["bad-file", "unsupported"]).toContain((await failure(loadCheckpoint(path))).code);
    }
    for (let length = 0; length < bytes.length; length += 7) {
      writeFileSync(path, bytes.subarray(0, length));
      expect((await failure(loadCheckpoint(path))).code).toBe("bad-file");
    }
  });

  it("name the previous one where the newest is damaged", async () => {
    const target = checkpoints(folder);
    for (const step of [1, 2, 3]) await target.save(checkpointAt(step));
    const [newest, second, first] = await listCheckpoints(folder);
    writeFileSync(newest!, readFileSync(newest!).subarray(0, 300));
    const error = await failure(latestCheckpoint(folder));
    expect(error.code).toBe("bad-file");
    expect(error.facts.previous).toBe(second);
    expect(await loadCheckpoint(second!)).toEqual(checkpointAt(2));
    copyFileSync(newest!, second!);
    expect((await failure(latestCheckpoint(folder))).facts.previous).toBe(first);
  });

  it("refuse other safetensors and other versions", async () => {
    const path = join(folder, "one.safetensors");
    await saveCheckpoint(path, checkpointAt(5));
    const text = readFileSync(path, "latin1");
    writeFileSync(path, text.replace("cajal-checkpoint", "other-checkpoint"), "latin1");
    expect((await failure(loadCheckpoint(path))).message).toContain("no checkpoint");
    expect((await failure(loadCheckpoint(join(folder, "none")))).code).toBe("io");
  });

  it("refuse a run that is none under a checksum that holds", async () => {
    const bytes = await encodeCheckpoint(checkpointAt(5));
    const text = Buffer.from(bytes).toString("latin1");
    for (const [from, to] of [
      ['\\"epoch\\":1', '\\"epoch\\":-'],
      ['\\"epoch\\":1', '\\"epocx\\":1'],
      ['\\"batch\\":2', '\\"batch\\":{'],
      ['\\"seed\\"', '\\"seex\\"'],
      ['\\"wholeBatch\\"', "12345678901234"],
      ['\\"size\\":300', '\\"size\\":"x"'],
    ] as const) {
      expect(text).toContain(from);
      const forged = Buffer.from(text.replace(from, to), "latin1");
      const digits = forged.indexOf('"sha256":"') + 10;
      forged.write("0".repeat(64), digits, "latin1");
      forged.write(createHash("sha256").update(forged).digest("hex"), digits, "latin1");
      const error = await failure(decodeCheckpoint(new Uint8Array(forged)));
      expect(error.code, to).toBe("bad-file");
      expect(error.message, to).not.toContain("checksum");
    }
  });

  it("say that a folder cannot be written to, and leave what was there", async () => {
    // No user, not even root, may make a folder under a file.
    writeFileSync(join(folder, "file"), "");
    const checkpointFolder = checkpoints(join(folder, "file", "run"));
    expect((await failure(Promise.resolve(checkpointFolder.save(checkpointAt(1))))).code).toBe(
      "io",
    );
    // A run looks before it begins.
    expect(["io", "bad-argument"]).toContain((await failure(checkpointFolder.check!())).code);
    expect(await checkpoints(join(folder, "new", "run")).check!()).toBe(undefined);
    expect(readdirSync(folder)).toEqual(["file"]);
    if (process.getuid?.() === 0) return;
    await checkpoints(folder).save(checkpointAt(1));
    chmodSync(folder, 0o500);
    const error = await failure(Promise.resolve(checkpoints(folder).save(checkpointAt(2))));
    chmodSync(folder, 0o700);
    expect(error.facts.errno).toBe("EACCES");
    expect(await latestCheckpoint(folder)).toEqual(checkpointAt(1));
  });

  it.skipIf(process.platform === "win32")("say that the disk is full", async () => {
    const program = await bundle(new URL("../../testing/saveOnce.ts", import.meta.url));
    // A limit on the size of files does what a full disk does, in the middle of writing.
    const child = spawn("bash", ["-c", `ulimit -f 100; trap '' XFSZ; exec "${process.execPath}" "${program}" "${folder}"`]); // prettier-ignore
    let output = "";
    child.stdout.on("data", (text) => (output += text));
    await once(child, "close");
    expect(output.trim()).toBe("saved once; then io EFBIG");
    expect(readdirSync(folder)).toEqual(["step-00000001.safetensors"]);
    expect((await latestCheckpoint(folder))!.weights.get("dense/kernel")!.shape).toEqual([10]);
  });

  it("are whole or absent, however often the process is killed while it saves", async () => {
    const program = await bundle(new URL("../../testing/saveForever.ts", import.meta.url));
    let latest = 0;
    for (let round = 0; round < 25; round++) {
      const child = spawn(process.execPath, [program, folder]);
      await once(child.stdout, "data");
      // Moments that a save of some milliseconds does not fall in step with.
      await sleep((round * 7.3) % 40);
      child.kill("SIGKILL");
      await once(child, "close");
      for (const path of await listCheckpoints(folder)) {
        const { position, weights, state } = await loadCheckpoint(path);
        const { data } = weights.get("dense/kernel")!;
        expect(data[0]).toBe(position.step);
        expect(data.at(-1)).toBe(position.step);
        expect(state.get("iteration")!.data[0]).toBe(BigInt(position.step));
      }
      latest = Math.max(latest, (await latestCheckpoint(folder))!.position.step);
    }
    expect(latest).toBeGreaterThan(1);
    // What the killed ones left behind goes with the next save.
    await checkpoints(folder).save(checkpointAt(latest + 1));
    expect(readdirSync(folder).filter((name) => !name.startsWith("step-"))).toEqual([]);
  });
});
