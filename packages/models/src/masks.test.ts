// Masked sequences against Keras 3: models as it wrote them, and what it computed.
import { tensor } from "@cajal/core";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { expectClose, tensorOf, type KerasArray } from "../testing/kerasLayers";
import { runOnnx } from "../testing/runOnnx";
import type { ModelConfig } from "./keras/config";
import { toOnnx } from "./lower/lower";
import { functional } from "./network/functional";
import { resolve } from "./network/network";
import { weightSpecs } from "./network/summary";
import { toKerasJson } from "./toKerasJson";

interface Case {
  readonly case: string;
  readonly model: object;
  readonly weights: readonly KerasArray[];
  /** Of several inputs, by their names. */
  readonly x: KerasArray | Readonly<Record<string, KerasArray>>;
  readonly y: KerasArray;
}

const isArray = (x: Case["x"]): x is KerasArray => "shape" in x;

const { cases }: { cases: readonly Case[] } = JSON.parse(
  readFileSync(new URL("../fixtures/masks.json", import.meta.url), "utf8"),
);

/** Cases whose masks are operations of keras.ops, which are read and not written. */
const operationsAreMasks = new Set(["a mask that is computed", "a mask after a convolution"]);

interface KerasLayer {
  readonly module: string;
  readonly class_name: string;
  readonly name: string;
  readonly config: { readonly name: string; readonly layers?: readonly KerasLayer[] };
  readonly inbound_nodes?: readonly { readonly args: unknown[]; readonly kwargs: { readonly mask?: unknown } }[]; // prettier-ignore
}

/** What Keras' JSON says of masks, by layers: operations with their arguments in the place of their names. */
function masksIn(model: object): Record<string, unknown> {
  const { layers } = (model as KerasLayer).config;
  const operations = new Map(layers!.filter(({ module }) => module.startsWith("keras.src.ops.")).map((layer) => [layer.name, layer])); // prettier-ignore
  const term = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(term);
    if (typeof value !== "object" || value === null) return value;
    const { shape, keras_history } = (value as { config: { shape: unknown; keras_history: [string] } }).config; // prettier-ignore
    const layer = operations.get(keras_history[0]);
    if (!layer) return keras_history;
    const { name: _, ...settings } = layer.config;
    return [layer.module, layer.class_name, shape, settings, term(layer.inbound_nodes![0]!.args)];
  };
  const masks: [string, unknown][] = layers!.flatMap((layer) => [
    ...(layer.inbound_nodes ?? []).flatMap(({ kwargs }, call): [string, unknown][] =>
      kwargs.mask ? [[`${layer.name} ${call}`, term(kwargs.mask)]] : [],
    ),
    ...(layer.config.layers?.some(({ inbound_nodes }) => inbound_nodes)
      ? Object.entries(masksIn(layer)).map(([key, mask]): [string, unknown] => [`${layer.name}/${key}`, mask]) // prettier-ignore
      : []),
  ]);
  return Object.fromEntries(masks);
}

describe("masked sequences as Keras computes them", () => {
  it.each(cases.map((golden) => [golden.case, golden] as const))("%s", async (_, golden) => {
    // As Keras 3 wrote it, masks and all; and as we write it, where those that follow are implied.
    const models = [golden.model];
    if (!operationsAreMasks.has(golden.case))
      models.push(toKerasJson(golden.model), toKerasJson(golden.model, { version: 3 }));
    for (const model of models) {
      const network = resolve(model);
      const specs = weightSpecs(model as ModelConfig);
      expect(specs.map(({ shape }) => shape)).toEqual(golden.weights.map(({ shape }) => shape));
      const weights = new Map(specs.map(({ key }, i) => [key, tensorOf(golden.weights[i]!)]));
      const feeds = network.inputs.map(({ from, dtype }) => {
        const { shape, data } = isArray(golden.x) ? golden.x : golden.x[from]!;
        return [from, tensor(dtype as "float32", shape, data)] as const;
      });
      const [y] = Object.values(await runOnnx(toOnnx(model, weights), Object.fromEntries(feeds)));
      expectClose(y!, golden.y);
    }
  });

  it("lists layers in Keras' order, in which operations of masks count", () => {
    expect(cases.length).toBeGreaterThan(80);
    for (const { case: name, model } of cases) {
      const { layers } = (model as { config: { layers: { module: string; config: { name: string } }[] } }).config; // prettier-ignore
      const expected = layers.filter(({ module }) => !module.startsWith("keras.src.ops."));
      const found = resolve(model).layers.filter(({ className }) => className !== "Operation");
      expect([name, ...found.map((layer) => layer.name)]).toEqual([name, ...expected.map(({ config }) => config.name)]); // prettier-ignore
    }
  });

  it("writes layers in that order for Keras 3, whatever a model's JSON has", () => {
    const { model } = cases.find(({ case: name }) => name === "a branch that is longer by its mask")! as { model: { config: { layers: object[] } } }; // prettier-ignore
    const reversed = { ...model, config: { ...model.config, layers: model.config.layers.toReversed() } }; // prettier-ignore
    expect(toKerasJson(reversed, { version: 3 }).config.layers).toEqual(toKerasJson(model, { version: 3 }).config.layers); // prettier-ignore
  });

  it("builds a model with its layers in that order", () => {
    const net = functional("m");
    const [a, b] = [net.input([5]), net.input([5])];
    const masked = net.layer("Embedding", { input_dim: 7, output_dim: 4, mask_zero: true }, a);
    const plain = net.layer("Embedding", { input_dim: 7, output_dim: 4 }, b);
    const first = net.layer("Dense", { units: 4, name: "first" }, masked);
    const second = net.layer("Dense", { units: 4, name: "second" }, plain);
    const third = net.layer("Dense", { units: 4, name: "third" }, second);
    const join = net.layer("Concatenate", {}, [first, third]);
    const model = net.model([a, b], [net.layer("GRU", { units: 2 }, join)]);
    // As Keras 3.15 lists them: "a branch that is longer by its mask" has the same layers.
    const names = model.config.layers.flatMap(({ class_name, name }) => (class_name === "Dense" ? name : [])); // prettier-ignore
    expect(names).toEqual(["first", "second", "third"]);
    expect(resolve(model).layers.map(({ name }) => name)).toEqual(model.config.layers.map(({ name }) => name)); // prettier-ignore
  });

  it("writes the operations of masks as Keras does", () => {
    let compared = 0;
    for (const { case: name, model } of cases) {
      // Sequential models have them nowhere.
      if (operationsAreMasks.has(name) || name === "sequential") continue;
      const expected = masksIn(model);
      expect([name, masksIn(toKerasJson(model, { version: 3 }))]).toEqual([name, expected]);
      compared += Object.keys(expected).length;
    }
    expect(compared).toBeGreaterThan(50);
  });

  it("gives operations no name that a layer has, and reads them as the masks that follow", () => {
    const { model } = cases.find(({ case: name }) => name === "other masks side by side")!;
    const text = JSON.stringify(model).replaceAll('"join"', '"concatenate"').replaceAll('"embed_tokens"', '"not_equal"').replaceAll('"training":false,', ""); // prettier-ignore
    const written = toKerasJson(text, { version: 3 });
    const names = (written.config.layers as { name: string }[]).map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toContain("concatenate_1");
    expect(names).toContain("not_equal_1");
    expect(toKerasJson(written)).toEqual(toKerasJson(text));
  });

  it("reads the mask of a thousand sums of one sequence", () => {
    const net = functional("sums");
    const tokens = net.input([5]);
    let x = net.layer("Embedding", { input_dim: 7, output_dim: 4, mask_zero: true }, tokens);
    for (let i = 0; i < 1000; i++) x = net.layer("Add", {}, [x, x]);
    const model = net.model(tokens, net.layer("GRU", { units: 2 }, x));
    const written = toKerasJson(model, { version: 3 });
    expect((written.config.layers as KerasLayer[]).filter((layer) => layer.class_name === "LogicalOr")).toHaveLength(1000); // prettier-ignore
    expect(toKerasJson(written)).toEqual(toKerasJson(model));
  });

  it("computes by a mask that does not follow, and does not write it", async () => {
    const { model, weights, x, y } = cases.find((golden) => golden.case === "GRU sequences")!;
    const text = JSON.stringify(model).replaceAll('"mask_zero":true', '"mask_zero":false');
    const unmasked: object = JSON.parse(text);
    const keyed = new Map(weightSpecs(unmasked).map(({ key }, i) => [key, tensorOf(weights[i]!)]));
    const tokens = tensor("int32", (x as KerasArray).shape, (x as KerasArray).data);
    const [output] = Object.values(await runOnnx(toOnnx(unmasked, keyed), { tokens }));
    expectClose(output!, y);
    for (const version of [2, 3] as const)
      expect(() => toKerasJson(unmasked, { version: version as 3 })).toThrow(/"rnn" \(GRU\): its call has a mask made of "tokens" and 0, which does not follow/); // prettier-ignore
  });

  it("refuses what it would compute otherwise", () => {
    const maskedModel = (...layers: object[]) => ({
      class_name: "Sequential",
      config: {
        name: "s",
        layers: [
          { class_name: "Masking", config: { name: "m", batch_input_shape: [null, 4, 2] } },
          ...layers,
        ],
      },
    });
    const softmax = maskedModel({ class_name: "Softmax", config: { name: "s" } });
    expect(() => resolve(softmax)).toThrow(
      /"s" \(Softmax\): its mask \[\?,4\] does not fit its input \[\?,4,2\]/,
    );
  });
});
