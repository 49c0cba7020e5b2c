// Keras 3's own form, compared with what Keras 3 wrote of the same models.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { summary } from "../network/summary";
import { functional } from "../network/functional";
import { lenet5 } from "../networks/lenet";
import { toKerasJson } from "../toKerasJson";

interface Written {
  readonly class_name: string;
  readonly name: string;
  readonly config: { readonly layers?: readonly Written[]; readonly output_layers?: unknown[] };
  readonly inbound_nodes: readonly { readonly args: unknown; readonly kwargs: unknown }[];
}

const read = (file: string): Record<string, unknown> =>
  JSON.parse(readFileSync(new URL(`../../fixtures/${file}`, import.meta.url), "utf8")) as Record<
    string,
    unknown
  >;

const models: [string, Written][] = [
  ...Object.entries(read("calls.json")),
  ...Object.entries((read("keras3.json") as { cases: Record<string, unknown> }).cases),
].map(([name, golden]) => [name, (golden as { model: Written }).model]);

/** Layers with the calls that their inputs come from, in lists where Keras has lists. */
function callsOf(model: Written): unknown {
  const history = (argument: unknown): unknown => {
    if (Array.isArray(argument)) return argument.map(history);
    const { config } = (argument ?? {}) as { config?: { keras_history?: unknown } };
    return config?.keras_history;
  };
  return {
    layers: Object.fromEntries(
      model.config.layers!.map((layer) => [
        layer.name,
        {
          calls: layer.inbound_nodes.map(({ args }) => history(args)),
          inner: layer.class_name === "Functional" ? callsOf(layer) : undefined,
        },
      ]),
    ),
    outputs: [model.config.output_layers].flat(2).join(),
  };
}

/** Arguments that Keras writes though they say nothing. */
const silent = /\{("(mask|training)":(null|false),?)+\}/g;

const hasSequential = (model: Written): boolean =>
  model.class_name === "Sequential" || (model.config.layers ?? []).some(hasSequential);

describe.each(models)("%s", (_, model) => {
  const written = toKerasJson(model, { version: 3 });
  // A sequential model is written as a functional one, whose calls count otherwise at the end.
  it.skipIf(hasSequential(model))("has the calls that Keras 3 writes", () =>
    expect(callsOf(written as unknown as Written)).toEqual(callsOf(model)),
  );
  it("is the same model when it is read again", () => {
    const bare = (config: object) =>
      JSON.parse(JSON.stringify(toKerasJson(config)).replaceAll(silent, "{}")) as unknown;
    expect(bare(written)).toEqual(bare(model));
    const counted = JSON.stringify(summary(model)).replaceAll('"Sequential"', '"Functional"');
    expect(JSON.stringify(summary(written))).toBe(counted);
  });
});

describe("Keras 3's form", () => {
  it("names modules, and inputs by batch_shape", () => {
    const { layers } = toKerasJson(lenet5(), { version: 3 }).config as { layers: Written[] };
    expect(layers[0]).toMatchObject({
      module: "keras.layers",
      class_name: "InputLayer",
      registered_name: null,
      config: { batch_shape: [null, 28, 28, 1], dtype: "float32" },
    });
    expect(layers[1]!.inbound_nodes[0]).toEqual({
      args: [
        {
          class_name: "__keras_tensor__",
          config: {
            shape: [null, 28, 28, 1],
            dtype: "float32",
            keras_history: [layers[0]!.name, 0, 0],
          },
        },
      ],
      kwargs: {},
    });
  });

  it("is refused for what Keras 3 does not have, and for other versions", () => {
    const net = functional("m");
    const x = net.input([2]);
    const y = net.layer("Dense", { units: 1, activation: "keras2_hard_sigmoid" }, x);
    expect(() => toKerasJson(net.model([x], [y]), { version: 3 })).toThrow(
      expect.objectContaining({ code: "unsupported" }),
    );
    expect(() => toKerasJson(lenet5(), { version: 4 as 3 })).toThrow(
      expect.objectContaining({ code: "bad-argument" }),
    );
  });
});
