// Files of Keras 3 of forms that are rare, on both engines. fixtures/make_keras.py makes them.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tensor, type Tensor } from "@cajal/core";
import { bytesSource, openZip } from "@cajal/files";
import { toKerasJson } from "@cajal/models";
import { open } from "@cajal/runtime";
import { describe, expect, it } from "vitest";
import { encodeModel } from "./writeModel";
import { withoutLora } from "./loraWeights";
import { readModel, readWeights } from "./readModel";

interface Saved {
  readonly shape: number[];
  readonly data: number[];
}
const folder = new URL("../fixtures/", import.meta.url);
const expected: Record<string, { inputs: Saved[]; outputs: Saved[] }> = JSON.parse(
  readFileSync(new URL("expected.json", folder), "utf8"),
);

// Keras computes with bfloat16, of 8 bits, where the weights are so; we with float32.
const tolerances: Record<string, number> = { bfloat16_weights: 4e-3 };

describe.each(Object.entries(expected))("%s", (name, { inputs, outputs }) => {
  const file = new Uint8Array(readFileSync(new URL(`${name}.keras`, folder)));

  it.each(["onnx", "tfjs"] as const)("computes as Keras on %s", async (engine) => {
    const { model, weights } = await readModel(file);
    await using session = await open(model, weights, { engine });
    const feeds = session.inputs.map((input, i): [string, Tensor] => [
      input.name,
      tensor(input.dtype as "float32", inputs[i]!.shape, inputs[i]!.data),
    ]);
    const got = await session.run(Object.fromEntries(feeds));
    expect(session.outputs).toHaveLength(outputs.length);
    for (const [i, { shape, data }] of outputs.entries()) {
      const y = got[session.outputs[i]!.name]!;
      expect(y.shape).toEqual(shape);
      const worst = data.reduce((most, value, j) => Math.max(most, Math.abs(value - Number(y.data[j]))), 0); // prettier-ignore
      expect(worst).toBeLessThan(tolerances[name] ?? 1e-5);
    }
  });

  it("is written and read again, bit for bit", async () => {
    const content = await readModel(file);
    for (const format of ["keras", "h5", "safetensors"] as const) {
      if (format === "h5" && /operations|masks_of_models/.test(name)) {
        expect(() => encodeModel(content, { format })).toThrow(/Keras does not read out of .h5/);
        continue;
      }
      const [bytes] = encodeModel(content, { format }).values();
      expect((await readModel(bytes!)).weights).toEqual(content.weights);
    }
  });
});

it("reads frozen layers of whole numbers out of .h5, where their biases come before their kernels", async () => {
  const [zip, h5] = await Promise.all(["keras", "h5"].map((format) => readModel(new Uint8Array(readFileSync(new URL(`quantized_frozen.${format}`, folder)))))); // prettier-ignore
  expect(h5!.weights.size).toBe(9);
  expect(h5!.weights).toEqual(zip!.weights);
});

it("adds low-rank updates to kernels out of .h5, which .keras has added", async () => {
  const [zip, h5] = await Promise.all(["keras", "h5"].map((format) => readModel(new Uint8Array(readFileSync(new URL(`low_ranks_of_models.${format}`, folder)))))); // prettier-ignore
  expect(h5!.weights.size).toBe(10);
  for (const [key, { shape, data }] of zip!.weights) {
    const found = h5!.weights.get(key)!;
    expect([key, found.shape]).toEqual([key, shape]);
    // Keras adds in float32.
    data.forEach((value, i) => expect(Number(found.data[i])).toBeCloseTo(Number(value), 6));
  }
});

it("says what a low-rank update lacks", () => {
  const weight = (name: string, ...shape: number[]) => ({ name, shape, read: () => Promise.reject(new Error("read")) }); // prettier-ignore
  const parts = [weight("d/bias", 3), weight("d/lora_kernel_a", 4, 2), weight("d/lora_kernel_b", 2, 3), weight("d/kernel", 4, 3)]; // prettier-ignore
  const config = { layers: [{ config: { name: "d", lora_rank: 2, lora_alpha: 2 } }] };
  const names = (weights: readonly { name: string }[]) => weights.map(({ name }) => name);
  expect(names(withoutLora(parts, config, "f"))).toEqual(["d/kernel", "d/bias"]);
  expect(names(withoutLora(parts.slice(0, 1), config, "f"))).toEqual(["d/bias"]);
  expect(() => withoutLora(parts.slice(0, 3), config, "f")).toThrow(/"d\/kernel" has only d\/lora_kernel_a, d\/lora_kernel_b, expected a kernel and two factors/); // prettier-ignore
  expect(() => withoutLora(parts, {}, "f")).toThrow(/rank 2, expected the lora_rank in the model's config, where it is not said/); // prettier-ignore
  const other = parts.with(1, weight("d/lora_kernel_a", 5, 2));
  expect(() => withoutLora(other, config, "f")).toThrow(/factors \[5,2\] and \[2,3\], expected/);
  const quantized = [...parts, weight("d/kernel_scale", 3)];
  expect(() => withoutLora(quantized, config, "f")).toThrow(/quantized and has a low-rank update/);
});

it("writes the output of a model within TimeDistributed without a list, which Keras could not take the shape of", async () => {
  const { model } = await readModel(new Uint8Array(readFileSync(new URL("models_of_steps.keras", folder)))); // prettier-ignore
  const { layers } = toKerasJson(model, { version: 3 }).config as { layers: { config: { layer?: { config: { output_layers?: unknown } } } }[] }; // prettier-ignore
  const within = layers.flatMap(({ config }) => config.layer?.config.output_layers ?? []);
  expect(within).toEqual(["dense", 0, 0, "concatenate", 0, 0]);
});

it("does not write layers in the place of activations for TF.js, which does not read them", async () => {
  const content = await readModel(new Uint8Array(readFileSync(new URL("layers_as_activations.keras", folder)))); // prettier-ignore
  expect(() => encodeModel(content, { format: "tfjs" })).toThrow(/its activation is a layer/);
});

it("reads an archive of no arrays, of a model without weights", async () => {
  const model = { class_name: "Sequential", config: [{ class_name: "Flatten", config: { batch_input_shape: [null, 2, 2] } }] }; // prettier-ignore
  const [bytes] = encodeModel({ model, weights: new Map() } as never, { format: "npz" }).values();
  const { readWeights } = await import("./readModel");
  expect((await readWeights(bytes!, model as never)).size).toBe(0);
});

it("says of .h5 with bfloat16 what to do", async () => {
  const file = new Uint8Array(readFileSync(new URL("bfloat16_policy.h5", folder)));
  await expect(readModel(file)).rejects.toMatchObject({
    code: "unsupported",
    message: expect.stringMatching(
      /kernel" is opaque, as Keras writes bfloat16.*Save the model as \.keras/,
    ),
  });
});

describe("a model of Keras 3 in a folder", () => {
  const bytes = new Uint8Array(readFileSync(new URL("values_by_name.keras", folder)));
  const members = async () => {
    const files = new Map<string, Uint8Array>();
    for (const [name, entry] of await openZip(bytesSource(bytes)))
      files.set(name, await entry.read());
    return files;
  };
  // The config is the file that is named.
  const inOrder = (files: ReadonlyMap<string, Uint8Array>) =>
    new Map([...files].toSorted(([a], [b]) => a.localeCompare(b)));

  it("is what the same files in an archive are", async () => {
    const whole = await readModel(bytes, { optimizer: true });
    const read = await readModel(inOrder(await members()), { optimizer: true });
    expect(read).toEqual({ ...whole, format: "Keras config.json" });
    expect(await readWeights(inOrder(await members()), whole.model)).toEqual(whole.weights);
    const labelled = new Map(await members());
    labelled.set("metadata.json", new TextEncoder().encode('{ "labels": ["a", "b"] }'));
    expect((await readModel(inOrder(labelled))).labels).toEqual(["a", "b"]);
  });

  it("is read from a disk, without the metadata too", async () => {
    const to = mkdtempSync(join(tmpdir(), "cajal-folder-"));
    try {
      const whole = await readModel(bytes);
      for (const [name, content] of await members())
        if (name !== "metadata.json") writeFileSync(join(to, name), content);
      expect((await readModel(join(to, "config.json"))).weights).toEqual(whole.weights);
      rmSync(join(to, "model.weights.h5"));
      await expect(readModel(join(to, "config.json"))).rejects.toMatchObject({ code: "io", message: expect.stringContaining("model.weights.h5") }); // prettier-ignore
    } finally {
      rmSync(to, { recursive: true });
    }
  });

  it("is told from a list of shards", async () => {
    const shards = { metadata: { total_size: 4 }, weight_map: { "/layers/dense/vars": ["model_00000.weights.h5"] } }; // prettier-ignore
    const json = new TextEncoder().encode(JSON.stringify(shards));
    const { model } = await readModel(bytes);
    for (const read of [readModel(json), readWeights(json, model)])
      await expect(read).rejects.toThrow(/it lists the shards that weights lie in.*in one file/);
  });
});
