// Networks that take images of any height and width: layers have those of the image that comes.
import { tensor } from "@cajal/core";
import { GraphBuilder } from "@cajal/onnx";
import { afterAll, describe, expect, it } from "vitest";
import { openExplainer } from "..";

describe("free height and width", async () => {
  // Scores: the means of 2 x and of −x, of what of them is positive.
  const g = new GraphBuilder();
  const x = g.input("image", "float32", ["batch", 1, "height", "width"]);
  const conv = g.conv(x, g.constant(tensor("float32", [2, 1, 1, 1], [2, -1])));
  const maps = g.relu(conv);
  g.output(g.reduceMean(maps, { axes: [2, 3], keepdims: false }), "scores");
  const explainer = await openExplainer(g.build(), { threads: 1 });
  afterAll(() => explainer.dispose());
  const image = tensor("float32", [2, 3, 1], [1, 2, 3, 4, 5, 6]);
  const layer = maps.name;
  const ofMaximize = { layer, image, steps: 1, optimizer: "sgd", learningRate: 1 } as const;
  const gained = async (asked: object) => {
    const { first } = await explainer.maximize({ ...ofMaximize, ...asked });
    return Array.from(first.data, (value, i) => value - image.data[i]!);
  };

  it("maps by the layer that is chosen, named", async () => {
    expect(explainer.mapLayer).toBe(layer);
    const named = await explainer.attribute(image, { method: "grad-cam", target: 0, layer });
    const chosen = await explainer.attribute(image, { method: "grad-cam", target: 0 });
    // The slope of the mean is 1/6 at each of six pixels of 2 x.
    expect(Array.from(named.cam!.data)).toEqual(Array.from(image.data, (value) => expect.closeTo(value / 3, 6))); // prettier-ignore
    expect(named).toEqual(chosen);
  });

  it("a neuron", async () => {
    const asked = { method: "neuron-gradient", layer } as const;
    const { map } = await explainer.attribute(image, { ...asked, neuron: [1, 0, 0] });
    expect(Array.from(map.data)).toEqual([0, 0, 0, 2, 0, 0]);
    const outside = explainer.attribute(image, { ...asked, neuron: [2, 0, 0] });
    await expect(outside).rejects.toMatchObject({ code: "bad-argument", message: expect.stringContaining("[2,2,3]") }); // prettier-ignore
  });

  it("a channel and a unit of it, maximized", async () => {
    expect(await gained({ channel: 0 })).toEqual(Array(6).fill(expect.closeTo(1 / 3, 6)));
    expect(await gained({ channel: 0, position: [1, 2] })).toEqual([0, 0, 0, 0, 0, 2]);
  });
});

it("of sequences of any length those layers alone have rows for images that lie batch first", async () => {
  const g = new GraphBuilder();
  const x = g.input("x", "float32", ["batch", "time", 2]);
  // [time, batch, 2], as recurrent layers take it; [time · batch, 2], as dense ones do.
  const timeFirst = g.transpose(x, [1, 0, 2]);
  const flat = g.relu(g.reshape(timeFirst, [-1, 2]));
  const shape = g.append({ op: "Shape", domain: "", name: "shape", inputs: [timeFirst.name], outputs: ["shape"], attributes: {} })[0]!; // prettier-ignore
  const batchFirst = g.transpose(g.reshape(flat, shape), [1, 0, 2]);
  const sum = g.reduceSum(batchFirst, { axes: [1], keepdims: false });
  g.output(g.mul(sum, 2), "scores");
  await using explainer = await openExplainer(g.build(), { threads: 1 });
  expect(explainer.layers.map(({ name }) => name)).toEqual([batchFirst.name, sum.name, "scores"]);
});
