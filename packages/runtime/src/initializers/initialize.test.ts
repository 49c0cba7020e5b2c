import { lenet5, functional, weightSpecs, mobilenet } from "@cajal/models";
import { describe, expect, it } from "vitest";
import { initialize } from "./initialize";

describe("initialize", () => {
  it("gives every weight of a model, in Keras' order and shapes", () => {
    const model = mobilenet();
    const weights = initialize(model, { seed: 1 });
    const specs = weightSpecs(model);
    expect([...weights.keys()]).toEqual(specs.map(({ key }) => key));
    for (const { key, shape } of specs)
      expect(weights.get(key)).toMatchObject({ dtype: "float32", shape });
    // Keras: biases and moving means begin at 0, gammas and moving variances at 1.
    const all = (name: string, value: number) => {
      const matching = [...weights].filter(([key]) => key.endsWith(`/${name}`));
      expect(matching.length).toBeGreaterThan(0);
      for (const [, { data }] of matching) expect([...data].every((x) => x === value)).toBe(true);
    };
    all("beta", 0);
    all("moving_mean", 0);
    all("gamma", 1);
    all("moving_variance", 1);
    // glorot_uniform of [3, 3, 3, 32]: limit sqrt(6 / (27 + 288))
    const { data } = weights.get("conv1/kernel")!;
    const largest = Math.max(...Array.from(data, Number).map(Math.abs));
    expect(largest).toBeLessThanOrEqual(Math.sqrt(6 / 315));
    expect(largest).toBeGreaterThan(0.98 * Math.sqrt(6 / 315));
  });

  it("gives equal weights for equal seeds, and others for others", () => {
    const kernel = (seed: number) => initialize(lenet5(), { seed }).get("conv1/kernel")?.data;
    expect(kernel(1)).toBeDefined();
    expect(kernel(1)).toEqual(kernel(1));
    expect(kernel(2)).not.toEqual(kernel(1));
    // Seeds of more than 32 bits count in full.
    expect(kernel(2 ** 40 + 1)).not.toEqual(kernel(1));
  });

  it("draws each weight by its own name: a layer more changes no other's", () => {
    const net = (hidden: boolean) => {
      const g = functional("net");
      const x = g.input([4]);
      const y = hidden ? g.layer("Dense", { units: 4, name: "hidden" }, x) : x;
      return g.model([x], [g.layer("Dense", { units: 3, name: "last" }, y)]);
    };
    const [one, two] = [false, true].map((hidden) => initialize(net(hidden), { seed: 9 }));
    expect(two!.get("last/kernel")).toEqual(one!.get("last/kernel"));
    expect(two!.get("hidden/kernel")?.data.slice(0, 12)).not.toEqual(one!.get("last/kernel")?.data);
  });

  it("opens the forget gate of an LSTM", () => {
    const g = functional("net");
    const x = g.input([5, 3]);
    const weights = initialize(g.model([x], [g.layer("LSTM", { units: 2, name: "lstm" }, x)]), {
      seed: 1,
    });
    // Gates are input, forget, cell, output; unit_forget_bias begins the second with 1.
    expect([...weights.get("lstm/lstm_cell/bias")!.data]).toEqual([0, 0, 1, 1, 0, 0, 0, 0]);
  });

  it("gives the same numbers on every machine", () => {
    // Recorded once; they are what makes a seed in a report mean something elsewhere.
    const g = functional("net");
    const x = g.input([2]);
    const layer = (kernel_initializer: string, name: string) =>
      g.layer("Dense", { units: 2, name, kernel_initializer }, x);
    const weights = initialize(
      g.model(
        [x],
        [layer("glorot_uniform", "a"), layer("he_normal", "b"), layer("orthogonal", "c")],
      ),
      { seed: 42 },
    );
    const shown = ["a", "b", "c"].map((name) =>
      Array.from(weights.get(`${name}/kernel`)!.data, Number),
    );
    expect(shown).toMatchInlineSnapshot(`
      [
        [
          0.26565518975257874,
          -0.47250160574913025,
          0.9932428002357483,
          -0.24931782484054565,
        ],
        [
          0.07972630113363266,
          -1.726820945739746,
          0.8401917219161987,
          1.4879366159439087,
        ],
        [
          0.11335988342761993,
          0.9935539960861206,
          -0.9935539960861206,
          0.11335988342761993,
        ],
      ]
    `);
  });

  it("refuses unknown options", () => {
    const wrong = { seed: 1, sede: 2 };
    expect(() => initialize(lenet5(), wrong)).toThrow(
      expect.objectContaining({ code: "unknown-option" }),
    );
  });

  it("says that it has no seed", () => {
    expect(() => initialize(lenet5(), {} as never)).toThrow(
      expect.objectContaining({
        code: "bad-argument",
        message: "initialize: got seed undefined, expected a whole number.",
      }),
    );
  });
});
