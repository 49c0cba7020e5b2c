import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { isCajalError } from "@cajal/core";
import { summary } from "../network/summary";
import { lenet1, lenet1Original, lenet5, lenet5Original } from "./lenet";

/** Parameters of each layer, or of the layers whose names begin with a prefix. */
function paramsOf(model: Parameters<typeof summary>[0], names: readonly string[]) {
  const { layers, totalParams } = summary(model);
  const sums = names.map((name) =>
    layers
      .filter((layer) => layer.name === name || layer.name.startsWith(`${name}_`))
      .reduce((sum, { params }) => sum + params, 0),
  );
  return [...sums, totalParams];
}

describe("LeNet, layer by layer", () => {
  it("LeNet-5 of 1998: 60,000 trainable parameters up to F6, as the paper says", () => {
    const c1 = 6 * (25 + 1);
    const s2 = 6 * 2;
    const c3 = 6 * (3 * 25 + 1) + 9 * (4 * 25 + 1) + (6 * 25 + 1); // table I
    const s4 = 16 * 2;
    const c5 = 120 * (16 * 25 + 1);
    const f6 = 84 * (120 + 1);
    expect([c1, s2, c3, s4, c5, f6]).toEqual([156, 12, 1516, 32, 48120, 10164]); // the paper's text
    expect(c1 + s2 + c3 + s4 + c5 + f6).toBe(60000);
    const output = 10 * (84 + 1);
    const names = ["C1", "S2", "C3", "S4", "C5", "F6", "logits"];
    expect(paramsOf(lenet5Original(), names)).toEqual([
      c1, s2, c3, s4, c5, f6, output, 60000 + output,
    ]); // prettier-ignore
  });

  it("has the paper's sizes", () => {
    const shapes = new Map(
      summary(lenet5Original()).layers.map(({ name, output }) => [name, output]),
    );
    expect(["C1", "S2", "C3", "S4", "C5", "F6"].map((name) => shapes.get(name))).toEqual([
      [null, 28, 28, 6], [null, 14, 14, 6], [null, 10, 10, 16], [null, 5, 5, 16], [null, 1, 1, 120], [null, 84],
    ]); // prettier-ignore
  });

  it("LeNet-1 of 1990: 2,578 independent parameters, as the paper says", () => {
    const h1 = 4 * (25 + 1);
    const h2 = 4 * 2;
    const h3 = 4 * (25 + 1) + 8 * (2 * 25 + 1); // table 1: four maps see one map, eight see two
    const h4 = 12 * 2;
    const output = 10 * (12 * 16 + 1);
    expect(h1 + h2 + h3 + h4 + output).toBe(2578);
    expect(paramsOf(lenet1Original(), ["H1", "H2", "H3", "H4", "logits"])).toEqual([
      h1, h2, h3, h4, output, 2578,
    ]); // prettier-ignore
  });

  it("of table I, row by row: which maps of S2 each map of C3 sees", () => {
    // The columns of table I as printed, S2 maps 0 … 5 that have a cross.
    const table = ["012", "123", "234", "345", "045", "015", "0123", "1234", "2345", "0345", "0145", "0125", "0134", "1245", "0235", "012345"]; // prettier-ignore
    const inbound = new Map(summary(lenet5Original()).layers.map((l) => [l.name, l.inbound]));
    table.forEach((column, i) =>
      expect(inbound.get(`C3_${i + 1}_inputs`)).toEqual(
        [...column].map((map) => `C3_map${Number(map) + 1}`),
      ),
    );
  });

  it("LeNet-5 as built today: 61,706", () => {
    const convolutions = [6 * (25 + 1), 16 * (6 * 25 + 1)];
    const dense = [120 * (16 * 25 + 1), 84 * (120 + 1), 10 * (84 + 1)];
    const names = ["conv1", "conv2", "dense1", "dense2", "logits"];
    expect(paramsOf(lenet5(), names)).toEqual([...convolutions, ...dense, 61706]);
    // In the paper's field of 32 × 32 nothing is padded, and the sum is the same.
    expect(summary(lenet5({ input_shape: [32, 32, 1] })).totalParams).toBe(61706);
    expect(summary(lenet5()).macs).toBe(
      28 * 28 * 6 * 25 + 10 * 10 * 16 * 150 + 400 * 120 + 120 * 84 + 84 * 10,
    );
  });

  it("LeNet-1 as built today: 3,246", () => {
    const sums = [4 * (25 + 1), 12 * (4 * 25 + 1), 10 * (12 * 16 + 1)];
    expect(paramsOf(lenet1(), ["conv1", "conv2", "logits"])).toEqual([...sums, 3246]);
  });
});

describe("LeNet's options", () => {
  it("reach the layers", () => {
    const { layers, outputs } = summary(
      lenet5({
        pooling: "average",
        activation: "tanh",
        classes: 26,
        classifier_activation: "softmax",
      }),
    );
    const classes = layers.map(({ className }) => className);
    expect(classes.filter((name) => name === "AveragePooling2D")).toHaveLength(2);
    expect(classes).not.toContain("MaxPooling2D");
    expect(layers.find(({ name }) => name === "dense2")!.config).toMatchObject({
      activation: "tanh",
    });
    expect(layers.at(-1)).toMatchObject({ name: "predictions", className: "Activation" });
    expect(outputs).toEqual([[null, 26]]);
  });

  it("make it small enough for digits of 8 × 8", () => {
    const smallOptions = {
      input_shape: [8, 8, 1],
      kernel_size: 3,
      padding: ["same", "same"],
    } as const;
    expect(summary(lenet1(smallOptions)).outputs).toEqual([[null, 10]]);
    expect(summary(lenet5(smallOptions)).totalParams).toBe(
      6 * 10 + 16 * (6 * 9 + 1) + 120 * (2 * 2 * 16 + 1) + 84 * 121 + 850,
    );
  });

  it.each([
    ["bad-shape", "an image too small for the kernels", () => lenet5({ input_shape: [8, 8, 1] })],
    ["bad-shape", "no image", () => lenet5({ input_shape: [28, 28] as never })],
    ["bad-argument", "no classes", () => lenet5({ classes: 0 })],
    ["unknown-name", "an unknown pooling", () => lenet5({ pooling: "mean" as never })],
    ["unknown-name", "an unknown activation", () => lenet5({ activation: "rleu" })],
    ["unknown-option", "an unknown option", () => lenet5({ clases: 3 } as never)],
    [
      "unknown-option",
      "an option of today's network",
      () => lenet5Original({ pooling: "max" } as never),
    ],
  ] as const)("%s: %s", (code, _, build) => {
    try {
      build();
      expect.unreachable();
    } catch (error) {
      if (!isCajalError(error, code)) throw error;
    }
  });
});

describe("LeNet-5", () => {
  it("is the network of the reference training", () => {
    const reference: {
      layers: { name: string; class: string; output: number[]; inbound: string[]; weights?: [] }[];
    } = JSON.parse(
      readFileSync(
        new URL("../../fixtures/keras/training/lenet5_adam.json", import.meta.url),
        "utf8",
      ),
    );
    const { layers } = summary(lenet5());
    expect(layers).toHaveLength(reference.layers.length);
    for (const [i, { class: className, weights = [], ...layer }] of reference.layers.entries())
      expect(layers[i]).toMatchObject({ ...layer, className, weights });
  });
});
