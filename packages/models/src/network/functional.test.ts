import { describe, expect, it } from "vitest";
import { functional } from "./functional";
import { resolve } from "./network";

describe("functional", () => {
  it("names layers as Keras does, counting those without a name", () => {
    const net = functional("m");
    const x = net.input([8, 8, 3]);
    const a = net.layer("Conv2D", { filters: 1, kernel_size: 3 }, x);
    const b = net.layer("Conv2D", { filters: 1, kernel_size: 3, name: "mine" }, a);
    const c = net.layer("Conv2D", { filters: 1, kernel_size: 3 }, b);
    const d = net.layer("ReLU", {}, net.layer("MaxPooling2D", {}, c));
    const names = net.model([x], [d]).config.layers.map(({ name }) => name);
    // As Keras 3 names them.
    expect(names).toEqual(["input_layer", "conv2d", "mine", "conv2d_1", "max_pooling2d", "re_lu"]);
    expect(d.shape).toEqual([null, 1, 1, 1]);
  });

  it("writes the config of Keras", () => {
    const net = functional("m");
    const x = net.input([4], { name: "x" });
    const y = net.layer("Dense", { units: 2, name: "y" }, x);
    const model = net.model([x], [net.layer("Add", { name: "sum" }, [y, y])]);
    expect(model).toMatchObject({
      class_name: "Functional",
      config: {
        name: "m",
        layers: [
          { name: "x", config: { batch_input_shape: [null, 4], dtype: "float32" } },
          {
            class_name: "Dense",
            name: "y",
            config: { name: "y", trainable: true, units: 2, activation: "linear", use_bias: true },
            inbound_nodes: [[["x", 0, 0, {}]]],
          },
          {
            inbound_nodes: [
              [
                ["y", 0, 0, {}],
                ["y", 0, 0, {}],
              ],
            ],
          },
        ],
        input_layers: [["x", 0, 0]],
        output_layers: [["sum", 0, 0]],
      },
    });
  });

  it("keeps what a layer's outputs add to the loss", () => {
    const net = functional("m");
    const x = net.input([4]);
    const activity_regularizer = { class_name: "L1", config: { l1: 0.5 } };
    const y = net.layer("Dense", { units: 2, name: "y", activity_regularizer }, x);
    const flat = net.layer("Flatten", { name: "flat", activity_regularizer: null }, y);
    const { layers } = resolve(net.model(x, flat));
    expect(layers.map((layer) => layer.activityRegularizer)).toEqual([undefined, activity_regularizer, undefined]); // prettier-ignore
    expect(() => net.layer("Dense", { units: 2, activity_regularizer: 3 as never }, x)).toThrow("activity_regularizer"); // prettier-ignore
  });

  it("calls a model as a layer, twice, its weights shared and named with it", () => {
    const inner = functional("base");
    const image = inner.input([8, 8, 3], { name: "image" });
    const features = inner.layer("Conv2D", { filters: 2, kernel_size: 3, name: "conv" }, image);
    const base = inner.model(image, [features, inner.layer("Flatten", {}, features)]);

    const net = functional("pair");
    const [a, b] = [net.input([8, 8, 3]), net.input([10, 8, 3])];
    const first = net.nested(base, a, { trainable: false });
    const second = net.again(first, a);
    expect(first.shape).toEqual([null, 6, 6, 2]);
    expect(net.outputsOf(second)[1]!.shape).toEqual([null, 72]);
    const both = net.layer("Add", { name: "sum" }, [first, second]);
    const network = resolve(net.model(a, [both, net.outputsOf(second)[1]!]));
    expect(network.calls.filter(({ layer }) => layer.path === "base/conv")).toHaveLength(2);
    expect(network.layers.find(({ name }) => name === "base")).toMatchObject({
      trainable: false,
      layers: [{}, { weights: [{ key: "base/conv/kernel" }, { key: "base/conv/bias" }] }, {}],
    });
    expect(network.outputs.map(({ shape }) => shape)).toEqual([
      [null, 6, 6, 2],
      [null, 72],
    ]);

    // A size other than its own is refused, and what was refused leaves no trace.
    expect(() => net.nested(base, b, { name: "other" })).toThrow(
      /got \[\?,10,8,3\] from "input_layer_1", expected \[\?,8,8,3\] for its input "image"/,
    );
    expect(() => net.nested(base, [a, a], { name: "other" })).toThrow(/2 inputs, expected 1/);
    expect(net.nested(base, a, { name: "other" }).shape).toEqual([null, 6, 6, 2]);
    expect(() => net.nested(base, a)).toThrow(/two layers of the name "base"/);
    expect(() => net.nested([] as never, a)).toThrow(/expected/);
  });

  it("calls a nested model again, on what it gave", () => {
    const inner = functional("inner");
    const z = inner.input([2]);
    const step = inner.model(z, inner.layer("Dense", { units: 2, activation: "tanh" }, z));
    const net = functional("m");
    const x = net.input([2]);
    const once = net.nested(step, x);
    const { calls, outputs } = resolve(net.model(x, net.again(once, once)));
    expect(outputs.map(({ shape }) => shape)).toEqual([[null, 2]]);
    expect(calls.filter(({ layer }) => layer.className === "Dense")).toHaveLength(2);
  });

  it("shares a layer that is called again, and leaves out what leads nowhere", () => {
    const net = functional("m");
    const [a, b] = [net.input([3]), net.input([3])];
    const p = net.layer("Dense", { units: 2, name: "shared" }, a);
    net.again(p, net.layer("ReLU", {}, b));
    const q = net.again(p, b);
    const model = net.model([a, b], [net.layer("Subtract", {}, [p, q])]);
    const { layers, calls } = resolve(model);
    expect(layers.map(({ name }) => name)).toEqual([
      "input_layer",
      "input_layer_1",
      "shared",
      "subtract",
    ]);
    expect(calls.filter(({ layer }) => layer.name === "shared").length).toBe(2);
  });

  it("gives all outputs of a layer that has several", () => {
    const net = functional("m");
    const x = net.input([5, 3]);
    const y = net.layer("LSTM", { units: 4, return_sequences: true, return_state: true }, x);
    const states = net.outputsOf(y);
    expect(states.map(({ shape }) => shape)).toEqual([
      [null, 5, 4],
      [null, 4],
      [null, 4],
    ]);
    const model = net.model([x], [states[2]!]);
    expect(model.config.output_layers).toEqual([["lstm", 0, 2]]);
  });

  it("says at once what does not fit", () => {
    const net = functional("m");
    const x = net.input([4, 4, 3]);
    expect(() => net.layer("Conv2D", { filters: 1, kernel_size: 5 }, x)).toThrow(
      expect.objectContaining({ code: "bad-shape" }),
    );
    net.layer("ReLU", { name: "a" }, x);
    expect(() => net.layer("ReLU", { name: "a" }, x)).toThrow(
      expect.objectContaining({ code: "bad-model" }),
    );
    const otherInput = functional("n").input([3], { name: "elsewhere" });
    expect(() => net.layer("ReLU", {}, otherInput)).toThrow(
      expect.objectContaining({ code: "unknown-name" }),
    );
    expect(() => net.model([], [x])).toThrow(expect.objectContaining({ code: "bad-model" }));
  });

  it("refuses another model's value, though it has a layer of that name itself", () => {
    const [one, other] = [functional("one"), functional("other")];
    const [x, foreign] = [one.input([4]), other.input([7])];
    const refused = expect.objectContaining({
      code: "bad-argument",
      message: expect.stringContaining(
        `model "one": the output of "${x.layer}" that was given is another model's`,
      ),
    });
    expect(() => one.layer("Dense", { units: 3 }, foreign)).toThrow(refused);
    expect(() => one.model(x, foreign)).toThrow(refused);
    expect(() => one.outputsOf(foreign)).toThrow(refused);
  });

  it("types configs by the layer's class", () => {
    const net = functional("m");
    const x = net.input([4]);
    // @ts-expect-error units is missing
    expect(() => net.layer("Dense", {}, x)).toThrow("units");
    // @ts-expect-error filters is not an option of Dense
    expect(() => net.layer("Dense", { units: 1, filters: 2 }, x)).toThrow("filters");
    // @ts-expect-error there is no such layer
    expect(() => net.layer("Dence", { units: 1 }, x)).toThrow("Dense");
  });
});
