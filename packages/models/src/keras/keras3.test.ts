// What Keras 3 would not open if it were written otherwise; that it opens is checked with Keras itself
// (packages/transfer/scripts/checkKeras.py).
import { expect, it } from "vitest";
import { functional } from "../network/functional";
import { toKerasJson } from "../toKerasJson";
import { readKeras } from "./readKeras";

const configOf = (
  className: "RNN" | "Dense" | "RandomFlip" | "Bidirectional" | "UpSampling1D" | "Discretization",
  config: object,
  input: number[],
) => {
  const net = functional("m");
  const x = net.input(input);
  const model = net.model(x, net.layer(className, { ...config, name: "it" }, x));
  const { layers } = toKerasJson(model, { version: 3 }).config as {
    layers: { name: string; config: Record<string, unknown> }[];
  };
  return layers.find(({ name }) => name === "it")!.config;
};

it("gives stacked cells their modules, and nothing that is their layer's alone", () => {
  const cell = (name: string) => ({ class_name: "LSTMCell", config: { units: 3, name } });
  const stack = { class_name: "StackedRNNCells", config: { cells: [cell("a"), cell("b")] } };
  const { cell: written } = configOf("RNN", { cell: stack }, [5, 2]) as {
    cell: { module: string; config: { cells: { module: string; config: object }[] } };
  };
  expect(written.module).toBe("keras.layers");
  for (const each of written.config.cells) {
    expect(each.module).toBe("keras.layers");
    expect(Object.keys(each.config)).not.toContain("stateful");
  }
});

it("writes the ReLU that Keras 3 has for a ThresholdedReLU", () => {
  const net = functional("m");
  const x = net.input([3]);
  const model = net.model(x, net.layer("ThresholdedReLU", { theta: 0.5, name: "it" }, x));
  const { layers } = toKerasJson(model, { version: 3 }).config as { layers: object[] };
  expect(layers[1]).toMatchObject({ class_name: "ReLU", name: "it", config: { threshold: 0.5 } }); // prettier-ignore
  expect(toKerasJson(model).config).toMatchObject({
    layers: [{}, { class_name: "ThresholdedReLU" }],
  });
});

it("gives the number that Pad puts around a tensor in the call, and the rest as settings", () => {
  const net = functional("m");
  const x = net.input([3]);
  const settings = { pad_width: [[0, 0], [1, 2]], mode: "constant" }; // prettier-ignore
  const options = { ...settings, constant_values: -2 };
  const padded = net.layer("Operation", { operation: "Pad", arguments: [{ tensor: 0 }], options, name: "it" }, x); // prettier-ignore
  const written = toKerasJson(net.model(x, padded), { version: 3 });
  const { layers } = written.config as { layers: object[] };
  expect(layers[1]).toMatchObject({
    class_name: "Pad",
    inbound_nodes: [{ kwargs: { constant_values: -2 } }],
  });
  expect((layers[1] as { config: object }).config).toEqual({ name: "it", ...settings });
  expect(readKeras(written).config.layers[1]!.config.options).toEqual(options);
});

it("gives policies of quantized layers and their quantizers the modules of these", () => {
  const quantizer = { class_name: "AbsMaxQuantizer", config: { axis: 0 } };
  const { dtype, quantization_config } = configOf("Dense", {
    units: 2,
    dtype: { class_name: "Int8DTypePolicy", config: { mode: "int8", source_name: "float32" } },
    quantization_config: { class_name: "Int8QuantizationConfig", config: { weight_quantizer: quantizer, activation_quantizer: quantizer } },
  }, [3]) as { dtype: object; quantization_config: { config: object } }; // prettier-ignore
  expect(dtype).toMatchObject({ module: "keras.dtype_policies", class_name: "Int8DTypePolicy" });
  const module = "keras.quantizers";
  expect(quantization_config).toMatchObject({
    module,
    config: { weight_quantizer: { module }, activation_quantizer: { module } },
  });
});

it("leaves out what nobody has said, which some versions of Keras do not take", () => {
  expect(Object.keys(configOf("RandomFlip", { mode: "horizontal" }, [8, 8, 3]))).not.toContain("value_range"); // prettier-ignore
});

it("refuses an activation that Keras 3 does not have, within a layer too", () => {
  const layer = { class_name: "LSTM", config: { units: 3, recurrent_activation: "keras2_hard_sigmoid" } }; // prettier-ignore
  expect(() => configOf("Bidirectional", { layer }, [5, 2])).toThrow(
    expect.objectContaining({
      code: "unsupported",
      message: expect.stringMatching(/"recurrent_activation".*no hard_sigmoid as Keras 2 has it/) as string, // prettier-ignore
    }),
  );
});

it("writes the factor of UpSampling1D as a number, and no trainable where nothing is trained", () => {
  expect(configOf("UpSampling1D", { size: [3] }, [5, 2]).size).toBe(3);
  expect(configOf("Discretization", { bin_boundaries: [0, 1] }, [4])).not.toHaveProperty("trainable"); // prettier-ignore
});

it("keeps a sequential model within another one, frozen in each of its layers", () => {
  const dense = (name: string) => ({ class_name: "Dense", config: { name, units: 2 } });
  const inner = (trainable: boolean) => ({
    class_name: "Sequential",
    config: {
      name: "inner",
      trainable,
      layers: [{ class_name: "InputLayer", config: { name: "x", batch_input_shape: [null, 2] } }, dense("a"), dense("b")],
    },
  }); // prettier-ignore
  for (const trainable of [true, false]) {
    const { layers, output_layers } = toKerasJson(
      {
        class_name: "Sequential",
        config: {
          name: "outer",
          layers: [
            { class_name: "Dense", config: { units: 2, batch_input_shape: [null, 3] } },
            inner(trainable),
          ],
        },
      },
      { version: 3 },
    ).config as { layers: Record<string, unknown>[]; output_layers: unknown };
    const { class_name, module, config } = layers.at(-1) as {
      class_name: string;
      module: string;
      config: { layers: { class_name: string; config: { trainable?: boolean } }[] };
    };
    expect([module, class_name]).toEqual(["keras", "Sequential"]);
    expect(config.layers.map((layer) => layer.class_name)).toEqual(["InputLayer", "Dense", "Dense"]); // prettier-ignore
    expect(config.layers.map((layer) => layer.config.trainable)).toEqual([undefined, trainable, trainable]); // prettier-ignore
    expect(Object.keys(config.layers[1]!)).not.toContain("inbound_nodes");
    expect(output_layers).toEqual([["inner", 0, 0]]);
  }
});
