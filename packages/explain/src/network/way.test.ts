// Layers are those on the way from the image to the first output, and class activation maps take them as they lie.
import { tensor } from "@cajal/core";
import { functional } from "@cajal/models";
import { GraphBuilder } from "@cajal/onnx";
import { initialize } from "@cajal/runtime";
import { describe, expect, it } from "vitest";
import { openExplainer } from "..";

const image = tensor(
  "float32",
  [4, 4, 1],
  Float32Array.from({ length: 16 }, (_, i) => i / 16),
);

describe("layers on the way to the first output alone", () => {
  it("of an ONNX graph", async () => {
    const g = new GraphBuilder();
    const x = g.input("x", "float32", ["batch", 1, 4, 4]);
    const kernel = g.constant(tensor("float32", [2, 1, 1, 1], [1, 2]));
    const maps = g.relu(g.conv(x, g.mul(kernel, kernel)));
    const scores = g.reduceMean(maps, { axes: [2, 3], keepdims: false });
    const aside = g.sigmoid(g.conv(x, kernel));
    g.output(g.softmax(scores, { axis: -1 }), "first");
    g.output(aside, "second");
    await using explainer = await openExplainer(g.build(), { threads: 1 });
    const names = explainer.layers.map(({ name }) => name);
    // Neither what is computed from weights nor what leads elsewhere.
    expect(names).toEqual(["Conv", maps.name, scores.name, "first"]);
    const map = explainer.attribute(image, { method: "grad-cam", target: 0, layer: "second" });
    await expect(map).rejects.toMatchObject({ code: "unknown-name" });
  });

  it.each(["onnx", "tfjs"] as const)("of a Keras model, on engine %s", async (engine) => {
    const net = functional("two");
    const x = net.input([4, 4, 1]);
    const conv = net.layer("Conv2D", { name: "conv", filters: 2, kernel_size: 3 }, x);
    const pool = net.layer("GlobalAveragePooling2D", { name: "pool" }, conv);
    const aside = net.layer("Conv2D", { name: "aside", filters: 2, kernel_size: 2 }, conv);
    const model = net.model([x], [net.layer("Dense", { name: "scores", units: 2 }, pool), aside]);
    const weights = initialize(model, { seed: 1 });
    await using explainer = await openExplainer(model, weights, { engine, device: "cpu" });
    const names = explainer.layers.map(({ name }) => name);
    expect(names.slice(0, 3)).toEqual(["conv", "pool", "scores"]);
    expect(names).not.toContain("aside");
  });
});

describe("maps that lie channels last", async () => {
  // As many channels as rows and columns: shapes do not tell which axis is which.
  const g = new GraphBuilder();
  const x = g.input("x", "float32", ["batch", 1, 4, 4]);
  const maps = g.relu(g.conv(x, g.constant(tensor("float32", [4, 1, 1, 1], [1, 2, 3, 4]))));
  const last = g.transpose(maps, [0, 2, 3, 1]);
  const identity = Array.from({ length: 16 }, (_, i) => (i % 5 === 0 ? 1 : 0));
  const dense = g.relu(g.matMul(last, g.constant(tensor("float32", [4, 4], identity))));
  g.output(g.reduceMean(dense, { axes: [1, 2], keepdims: false }), "scores");
  const model = g.build();

  it("are not chosen", async () => {
    await using explainer = await openExplainer(model, { threads: 1 });
    expect(explainer.mapLayer).toBe(maps.name);
  });

  it.each([last.name, dense.name])("are refused: %s", async (layer) => {
    await using explainer = await openExplainer(model, { threads: 1 });
    const map = explainer.attribute(image, { method: "grad-cam", target: 0, layer });
    await expect(map).rejects.toMatchObject({ code: "unsupported", message: expect.stringContaining(`"${maps.name}"`) }); // prettier-ignore
  });
});
