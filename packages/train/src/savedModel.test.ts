import { isCajalError, tensor } from "@cajal/core";
import { decodeSafetensors, encodeSafetensors } from "@cajal/files";
import { lenet5 } from "@cajal/models";
import { initialize } from "@cajal/runtime";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { decodeSavedModel, encodeSavedModel } from "./index";
import { loadModel, saveModel } from "./node";

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "cajal-models-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const model = lenet5({ input_shape: [8, 8, 1], kernel_size: 3, padding: ["same", "same"] });
const weights = initialize(model, { seed: 1 });
const labels = ["zero", "eins", "zwölf", "3", "4", "5", "6", "7", "8", "9"];

describe("a saved model", () => {
  it("comes back bit for bit, with its labels", async () => {
    const path = join(folder, "sub", "model.safetensors");
    // Bits that arithmetic would lose.
    const incomplete = new Map(weights);
    const [key, first] = [...weights][0]!;
    const data = Float32Array.from(first.data as Float32Array);
    new Uint32Array(data.buffer).set([0x80000000, 0x00000001, 0x7fc00123, 0xff800000]);
    incomplete.set(key, tensor("float32", first.shape, data));
    await saveModel(path, { model, weights: incomplete, labels });
    expect(readdirSync(join(folder, "sub"))).toEqual(["model.safetensors"]);
    const loaded = await loadModel(path);
    expect(loaded.model).toEqual(JSON.parse(JSON.stringify(model)));
    expect(loaded.labels).toEqual(labels);
    expect([...loaded.weights.keys()].toSorted()).toEqual([...weights.keys()].toSorted());
    for (const [name, { shape, data }] of incomplete) {
      const got = loaded.weights.get(name)!;
      expect(got.shape).toEqual(shape);
      expect(Buffer.from(got.data.buffer, got.data.byteOffset, got.data.byteLength)).toEqual(
        Buffer.from(data.buffer, data.byteOffset, data.byteLength),
      );
    }
    // Any reader of safetensors has the weights.
    expect(decodeSafetensors(readFileSync(path)).tensors.size).toBe(weights.size);
  });

  it("needs all weights of its model, and no others", () => {
    const code = (weights: Map<string, ReturnType<typeof tensor>>) => {
      try {
        encodeSavedModel({ model, weights });
      } catch (error) {
        return isCajalError(error) ? error.code : error;
      }
      return "nothing";
    };
    const key = [...weights.keys()][0]!;
    expect(code(new Map([...weights].slice(1)))).toBe("bad-argument");
    expect(code(new Map([...weights, [key, tensor("float32", [1])]]))).toBe("bad-shape");
    expect(code(new Map([...weights, ["more", tensor("float32", [1])]]))).toBe("bad-argument");
    expect(code(new Map(weights))).toBe("nothing");
  });

  it("is refused where it is another file, cut off, or not there", async () => {
    const code = (work: Promise<unknown>) =>
      work.then(
        () => "nothing",
        (error: unknown) => (isCajalError(error) ? error.code : error),
      );
    const path = join(folder, "model.safetensors");
    expect(await code(loadModel(path))).toBe("io");
    expect(await code(loadModel(7 as never))).toBe("bad-argument");
    const bytes = encodeSavedModel({ model, weights });
    writeFileSync(path, bytes.subarray(0, bytes.length - 1));
    expect(await code(loadModel(path))).toBe("bad-file");
    writeFileSync(path, encodeSafetensors({ tensors: weights, metadata: {} }));
    expect(await code(loadModel(path))).toBe("bad-file");
    expect(decodeSavedModel(bytes).labels).toBe(undefined);
  });

  it.each(["m.h5", "m.keras", "m.onnx", "model.json", "m.npz", "m.PT"])(
    "is not written as %s",
    async (name) => {
      await expect(saveModel(join(folder, name), { model, weights })).rejects.toMatchObject({
        code: "bad-argument",
        message: expect.stringMatching(/end it with \.safetensors.*writeModel of @cajal\/transfer/),
      });
      expect(readdirSync(folder)).toEqual([]);
    },
  );

  it("is one object", async () => {
    const save = saveModel as (...args: unknown[]) => Promise<void>;
    const path = join(folder, "m");
    await expect(save(path, model, weights)).rejects.toThrow("expected one object: { model, weights"); // prettier-ignore
    await expect(save(path, undefined)).rejects.toThrow("expected one object: { model, weights");
    const later = { weights: async () => weights };
    await expect(save(path, { model, ...later })).rejects.toThrow("the function weights as weights"); // prettier-ignore
    await expect(save(path, { model })).rejects.toThrow("got no weights");
    // Any ending that names no other format will do.
    await save(path, { model, weights });
    expect((await loadModel(path)).weights.size).toBe(weights.size);
  });
});
