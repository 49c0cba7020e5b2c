// Configs that are wrong, odd or very large: refused by name, or read as they mean, in bounded time.
import { describe, expect, it } from "vitest";
import { single } from "../../testing/checkLayer";
import type { LayerEntry, ModelConfig } from "../keras/config";
import { toKerasJson } from "../toKerasJson";
import { toOnnx } from "../lower/lower";
import { functional } from "./functional";
import { resolve } from "./network";
import { summary } from "./summary";

const input = (shape: readonly (number | null)[], name = "x"): LayerEntry => ({
  class_name: "InputLayer",
  name,
  config: { batch_input_shape: [null, ...shape] },
  inbound_nodes: [],
});

const layer = (
  class_name: string,
  name: string,
  from: readonly string[],
  config: Readonly<Record<string, unknown>> = {},
): LayerEntry => ({
  class_name,
  name,
  config,
  inbound_nodes: [from.map((each) => [each, 0, 0, {}] as const)],
});

const model = (
  layers: readonly LayerEntry[],
  output: readonly [string, number, number] = [layers.at(-1)!.name, 0, 0],
): ModelConfig => ({
  class_name: "Functional",
  config: { name: "m", layers, input_layers: [["x", 0, 0]], output_layers: [output] },
});

const codeOf = (run: () => unknown): unknown => {
  try {
    run();
  } catch (error) {
    return (error as { code?: unknown }).code ?? error;
  }
  return "accepted";
};

describe("values out of range", () => {
  const image = [2, 4, 4, 3];
  const row = [2, 4];
  it.each<[string, Record<string, unknown>, readonly number[]]>([
    ["Reshape", { target_shape: [-1, -1] }, row],
    ["Reshape", { target_shape: [-2, 2] }, row],
    ["Reshape", { target_shape: [0, 4] }, row],
    ["Dense", { units: 2 ** 53 }, row],
    ["LayerNormalization", { axis: [] }, row],
    ...(
      [
        [{ units: 3, go_backwards: true }, "sum"],
        [{ units: 2 }, "concat"],
        [{ units: 2, go_backwards: true, return_state: true }, "concat"],
      ] as const
    ).map(([backward, merge_mode]): [string, Record<string, unknown>, readonly number[]] => [
      "Bidirectional",
      {
        layer: { class_name: "LSTM", config: { units: 2 } },
        backward_layer: { class_name: "LSTM", config: backward },
        merge_mode,
      },
      [2, 5, 3],
    ]),
    ["Dense", { units: 2 ** 31 }, row],
    ["Dense", { units: 1e300 }, row],
    ["Dense", { units: 0 }, row],
    ["Dense", { units: NaN }, row],
    ["Dense", { units: 2, trainable: 1 }, row],
    ["Dense", { units: 2, name: 5 }, row],
    ["Dense", { units: 2, dtype: "int8" }, row],
    ["Conv2D", { filters: 1, kernel_size: 1, strides: [2 ** 32, 1] }, image],
    ["ZeroPadding2D", { padding: 2 ** 31 }, image],
    ["RepeatVector", { n: 1e18 }, row],
    ["LeakyReLU", { negative_slope: -0.1 }, row],
    ["ReLU", { max_value: -1 }, row],
    ["ReLU", { negative_slope: -1 }, row],
    ["ReLU", { threshold: -1 }, row],
    ["ThresholdedReLU", { theta: -1 }, row],
    ["BatchNormalization", { momentum: 1.5 }, row],
    ["BatchNormalization", { momentum: -0.5 }, row],
    ["BatchNormalization", { epsilon: -1 }, row],
    ["LayerNormalization", { epsilon: -1 }, row],
    ["LayerNormalization", { axis: [-1, 1] }, row],
    ["PReLU", { shared_axes: [0] }, row],
    ["PReLU", { shared_axes: [-1] }, image],
    ["Rescaling", { scale: Infinity }, row],
    ["Rescaling", { scale: [] }, row],
    ["Dropout", { rate: 1.5 }, row],
    ["GaussianNoise", { stddev: -1 }, row],
    ["Conv2DTranspose", { filters: 1, kernel_size: 3, strides: 2, output_padding: 2 }, image],
    ["InputLayer", { batch_input_shape: [null, 2 ** 40] }, []],
    ["InputLayer", { batch_input_shape: [null, 4], dtype: "complex64" }, []],
  ])("%s %j", (className, config, shape) => {
    const network =
      className === "InputLayer"
        ? model([{ ...input([4]), config }])
        : single(className, config, [{ shape }]);
    const code = codeOf(() => resolve(network));
    expect(["bad-argument", "bad-shape", "unsupported"]).toContain(code);
  });

  it("sizes that no number counts", () => {
    const wideModel = [input([2]), layer("Dense", "d", ["x"], { units: 2 ** 31 - 1 })];
    const wider = layer("Dense", "e", ["d"], { units: 2 ** 31 - 1 });
    expect(codeOf(() => resolve(model(wideModel)))).toBe("accepted");
    expect(codeOf(() => resolve(model([...wideModel, wider])))).toBe("bad-shape");
  });

  it("a limit of Infinity is none", () => {
    const [, relu] = resolve(single("ReLU", { max_value: Infinity }, [{ shape: [1, 2] }])).layers;
    expect(relu!.layer!.config.max_value).toBe(null);
  });
});

describe("references that lead nowhere", () => {
  it.each<[string, ModelConfig]>([
    ["an output that its layer does not have", model([input([2])], ["x", 0, 5])],
    ["a call that an input does not have", model([input([2])], ["x", 1, 0])],
    ["a negative output", model([input([2])], ["x", 0, -1])],
    [
      "an input that its layer does not have",
      {
        ...model([input([2])]),
        config: { ...model([input([2])]).config, input_layers: [["x", 0, 1]] },
      },
    ],
    ["half a call", model([input([2])], ["x", 0.5, 0])],
    ["an empty name", model([input([2]), layer("ReLU", "", ["x"])])],
    [
      "an input that is listed twice",
      {
        ...model([input([2])]),
        config: {
          ...model([input([2])]).config,
          input_layers: [
            ["x", 0, 0],
            ["x", 0, 0],
          ],
        },
      },
    ],
  ])("%s", (_, text) => expect(codeOf(() => summary(text))).toBe("bad-model"));

  it("names with slashes that give two weights one key", () => {
    const innerEntry: LayerEntry = {
      class_name: "Functional",
      name: "a",
      config: {
        ...model([input([2]), layer("Dense", "b", ["x"], { units: 2 })]).config,
      },
      inbound_nodes: [[["x", 0, 0, {}]]],
    };
    const outerLayer = layer("Dense", "a/b", ["y"], { units: 2 });
    const y: LayerEntry = {
      ...layer("ReLU", "y", []),
      inbound_nodes: [[["a", 1, 0, {}]]],
    };
    expect(codeOf(() => resolve(model([input([2]), innerEntry, y, outerLayer])))).toBe("bad-model");
    expect(codeOf(() => resolve(model([input([2]), innerEntry, y])))).toBe("accepted");
  });
});

describe("names of JavaScript's own", () => {
  const names = ["constructor", "toString", "__proto__", "hasOwnProperty", "valueOf"];
  it.each(names)("%s as the name of a layer", (name) => {
    const network = model([input([2]), layer("Dense", name, ["x"], { units: 3 })]);
    expect(summary(JSON.stringify(network)).layers.map((each) => each.name)).toEqual(["x", name]);
    expect(toKerasJson(network).config.layers[1]!.name).toBe(name);
    const weights = new Map([
      [`${name}/kernel`, { dtype: "float32" as const, shape: [2, 3], data: new Float32Array(6) }],
      [`${name}/bias`, { dtype: "float32" as const, shape: [3], data: new Float32Array(3) }],
    ]);
    expect(toOnnx(network, weights).graph.outputs.map((each) => each.name)).toEqual([name]);
  });
  it.each(names)("%s as a key of a config", (key) => {
    const config: unknown = JSON.parse(`{ "units": 3, "${key}": 1 }`);
    const network = single("Dense", config as Record<string, unknown>, [{ shape: [1, 2] }]);
    expect(codeOf(() => resolve(network))).toBe("unknown-option");
  });
  it.each(names)("%s as a class, an activation, an argument", (name) => {
    const modelOf = (className: string, config: Record<string, unknown>) =>
      codeOf(() => resolve(single(className, config, [{ shape: [1, 2] }])));
    expect(modelOf(name, {})).toBe("unknown-name");
    expect(modelOf("Dense", { units: 1, activation: name })).toBe("unknown-name");
    const namedRecord: unknown = JSON.parse(`{ "${name}": 1 }`);
    const network = model([
      input([2]),
      {
        ...layer("ReLU", "r", []),
        inbound_nodes: [[["x", 0, 0, namedRecord as Record<string, unknown>]]],
      },
    ]);
    expect(codeOf(() => resolve(network))).toBe("unsupported");
  });
});

describe("size", () => {
  it("a chain of 20,000 layers is resolved, summarized, written and lowered", () => {
    const count = 20_000;
    const layers = Array.from({ length: count }, (_, i) =>
      layer("ReLU", `r${i}`, [i === 0 ? "x" : `r${i - 1}`]),
    );
    const deep = model([input([2]), ...layers]);
    expect(summary(deep).depth.layers).toBe(count + 1);
    expect(toKerasJson(deep).config.layers).toHaveLength(count + 1);
    expect(toOnnx(deep, new Map()).graph.nodes).toHaveLength(count);
  }, 60_000);

  it("a chain of 20,000 layers is written by the functional API", () => {
    const net = functional("deep");
    const x = net.input([2]);
    let y = x;
    for (let i = 0; i < 20_000; i++) y = net.layer("ReLU", {}, y);
    expect(net.model([x], [y]).config.layers).toHaveLength(20_001);
  }, 60_000);

  const nested = (depth: number, calls: number): ModelConfig => {
    let innerEntry = model([input([2]), layer("ReLU", "r", ["x"])]);
    for (let i = 0; i < depth; i++) {
      const entry: LayerEntry = {
        class_name: "Functional",
        name: "inner",
        config: { ...innerEntry.config },
        inbound_nodes: Array.from({ length: calls }, (_, call) => [
          [call === 0 ? "x" : "inner", call, 0, {}] as const,
        ]),
      };
      innerEntry = model([input([2]), entry], ["inner", calls, 0]);
    }
    return innerEntry;
  };

  it("nested models called twice a level are refused before they fill the memory", () => {
    expect(resolve(nested(10, 2)).calls).toHaveLength(1 + 2 ** 10);
    const began = performance.now();
    expect(codeOf(() => summary(nested(60, 2)))).toBe("bad-model");
    expect(performance.now() - began).toBeLessThan(2000);
  });

  it("models nested without end are refused", () => {
    expect(codeOf(() => resolve(nested(50, 1)))).toBe("accepted");
    expect(codeOf(() => resolve(nested(5000, 1)))).toBe("bad-model");
    const circle: Record<string, unknown> = { class_name: "Functional" };
    circle.config = circle;
    expect(codeOf(() => resolve(circle))).toBe("bad-model");
  });
});
