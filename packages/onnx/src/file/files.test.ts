import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tensor } from "@cajal/core";
import * as ort from "onnxruntime-node";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { GraphBuilder } from "../graph/builder";
import { encodeModel } from "./encode";
import { readModel, writeModel } from "../node";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cajal-onnx-"));
  path = join(folder, "model.onnx");
});
afterEach(() => rmSync(folder, { recursive: true }));

/** y = x a b, with a and b large enough for external data. */
function model(fill = 0.5) {
  const g = new GraphBuilder();
  const square = (value: number) => tensor("float32", [32, 32], new Float32Array(1024).fill(value));
  const a = g.initializer("a", square(fill));
  const b = g.initializer("b", square(2));
  g.output(g.matMul(g.matMul(g.input("x", "float32", [1, 32]), a), b), "y");
  return g.build();
}

const ones = () => new ort.Tensor("float32", new Float32Array(32).fill(1), [1, 32]);

describe("one file", () => {
  it("is read as it was written, and nothing else lies there", async () => {
    await writeModel(path, model());
    expect(await readModel(path)).toEqual(model());
    expect(readdirSync(folder)).toEqual(["model.onnx"]);
    expect(readFileSync(path)).toEqual(Buffer.from(encodeModel(model())));
  });

  it("is replaced at once", async () => {
    await writeModel(path, model(1));
    await writeModel(path, model(2));
    expect(await readModel(path)).toEqual(model(2));
    expect(readdirSync(folder)).toEqual(["model.onnx"]);
  });

  it("stays as it was when writing is aborted", async () => {
    await writeModel(path, model(1));
    const signal = AbortSignal.abort();
    await expect(writeModel(path, model(2), { signal })).rejects.toMatchObject({
      name: "AbortError",
    });
    expect(readdirSync(folder)).toEqual(["model.onnx"]);
    expect(await readModel(path)).toEqual(model(1));
    await expect(readModel(path, { signal })).rejects.toMatchObject({ name: "AbortError" });
  });
});

describe("external data", () => {
  it("lies beside the model, and is read with it, by ONNX Runtime too", async () => {
    await writeModel(path, model(), { externalData: true });
    expect(readdirSync(folder).sort()).toEqual(["model.onnx", "model.onnx.data"]);
    expect(readFileSync(path).length).toBeLessThan(600);
    expect(await readModel(path)).toEqual(model());
    const session = await ort.InferenceSession.create(path);
    // 32 · ½ = 16 in the middle, 32 · 16 · 2 at the end
    expect((await session.run({ x: ones() })).y!.data[31]).toBe(1024);
    await session.release();
  });

  it("may have a name and a threshold", async () => {
    mkdirSync(join(folder, "weights"));
    await writeModel(path, model(), {
      externalData: { location: "weights/a.bin", threshold: 4096 },
    });
    expect(readdirSync(join(folder, "weights"))).toEqual(["a.bin"]);
    expect(await readModel(path)).toEqual(model());
    await writeModel(path, model(), { externalData: { location: "none", threshold: 4097 } });
    expect(readFileSync(join(folder, "none")).length).toBe(0);
  });

  it("is refused outside of the folder", async () => {
    await expect(
      writeModel(path, model(), { externalData: { location: "../outside" } }),
    ).rejects.toMatchObject({ code: "bad-argument" });
    expect(readdirSync(folder)).toEqual([]);
  });

  it("is refused behind a link that leaves the folder", async () => {
    await writeModel(path, model(), { externalData: true });
    const secret = mkdtempSync(join(tmpdir(), "cajal-secret-"));
    try {
      writeFileSync(join(secret, "data"), new Uint8Array(8192));
      rmSync(`${path}.data`);
      symlinkSync(join(secret, "data"), `${path}.data`);
      await expect(readModel(path)).rejects.toMatchObject({
        code: "bad-file",
        message: expect.stringContaining("outside") as unknown,
      });
    } finally {
      rmSync(secret, { recursive: true });
    }
  });

  it("may be a link beside the model's, as in the cache of Hugging Face's hub", async () => {
    for (const name of ["blobs", "snapshots"]) mkdirSync(join(folder, name));
    await writeModel(join(folder, "blobs/1f"), model(), { externalData: { location: "model.onnx_data" } }); // prettier-ignore
    renameSync(join(folder, "blobs/model.onnx_data"), join(folder, "blobs/2e"));
    for (const [name, blob] of [
      ["model.onnx", "1f"],
      ["model.onnx_data", "2e"],
    ])
      // prettier-ignore
      symlinkSync(`../blobs/${blob}`, join(folder, `snapshots/${name}`));
    expect(await readModel(join(folder, "snapshots/model.onnx"))).toEqual(model());
  });

  it("is one file, however its location is spelled, and gives no more memory than it has", async () => {
    mkdirSync(join(folder, "x"));
    await writeModel(path, model(), { externalData: { location: "./x/w" } });
    const text = readFileSync(path, "latin1");
    const [before, after] = [text.slice(0, text.lastIndexOf("./x/w")), text.slice(text.lastIndexOf("./x/w"))]; // prettier-ignore
    const respelled = before + after.replace("./x/w", "x///w");
    writeFileSync(path, respelled, "latin1");
    expect(await readModel(path)).toEqual(model());
    writeFileSync(path, respelled.replace("offset\x12\x044096", "offset\x12\x041024"), "latin1");
    truncateSync(join(folder, "x/w"), 4096 + 1024);
    await expect(readModel(path)).rejects.toMatchObject({
      code: "bad-file",
      message: expect.stringMatching(/overlaps/) as unknown,
    });
  });

  it("that is missing or cut short is told with its tensor", async () => {
    await writeModel(path, model(), { externalData: true });
    truncateSync(`${path}.data`, 5000);
    await expect(readModel(path)).rejects.toMatchObject({
      code: "bad-file",
      message: expect.stringMatching(/"b" in "model\.onnx\.data".*the file has 5000/) as unknown,
    });
    rmSync(`${path}.data`);
    await expect(readModel(path)).rejects.toMatchObject({ code: "io" });
  });
});

describe("files that cannot be", () => {
  it("missing", async () => {
    await expect(readModel(path)).rejects.toMatchObject({ code: "io", facts: { errno: "ENOENT" } });
  });

  it("truncated", async () => {
    await writeModel(path, model());
    truncateSync(path, 3000);
    await expect(readModel(path)).rejects.toMatchObject({
      code: "bad-file",
      message: expect.stringContaining(path) as unknown,
    });
  });

  it("where a folder is in the way: nothing is left behind", async () => {
    mkdirSync(path);
    await expect(writeModel(path, model())).rejects.toMatchObject({ code: "bad-argument" });
    expect(readdirSync(folder)).toEqual(["model.onnx"]);
  });

  it.skipIf(process.getuid?.() === 0)(
    "in a read-only folder (skipped for root, who may write anywhere)",
    async () => {
      chmodSync(folder, 0o500);
      await expect(writeModel(path, model())).rejects.toMatchObject({ code: "io" });
      chmodSync(folder, 0o700);
      expect(existsSync(path)).toBe(false);
    },
  );

  it("with unknown options", async () => {
    await expect(writeModel(path, model(), { external: true } as object)).rejects.toMatchObject({
      code: "unknown-option",
    });
  });
});
