// Scores of images changed in a place, by what is computed around the place, are those of the images computed whole.
import { tensor, type Tensor } from "@cajal/core";
import { mobilenet } from "@cajal/models";
import { GraphBuilder, type OnnxModel, type Value } from "@cajal/onnx";
import { initialize } from "@cajal/runtime";
import { describe, expect, it } from "vitest";
import { numbers } from "../../testing/numbers";
import { openExplainer, type Explainer } from "..";
import { explainedKeras } from "../network/explainedKeras";
import { explainedOnnx } from "../network/explainedOnnx";
import { patchingFor, type Place } from "./patches";

type Body = (g: GraphBuilder, x: Value, w: (...shape: number[]) => Value) => Value;

/** A classifier of images [3, 45, 37], whose first layers are `body` and whose last ones look at all of the map. */
function classifier(body: Body, batch: number | string = "batch"): OnnxModel {
  const g = new GraphBuilder();
  const image = g.input("image", "float32", [batch, 3, 45, 37]);
  let seed = 7;
  const w = (...shape: number[]) => g.constant(numbers(shape, (seed += 2)));
  const map = body(g, image, w);
  const [, channels, height, width] = map.shape as number[];
  const flat = g.reshape(map, [-1, channels! * height! * width!]);
  g.output(g.matMul(flat, w(channels! * height! * width!, 4)), "scores");
  return g.build();
}

const same = { auto_pad: "SAME_UPPER", strides: [2, 2] } as const;

const bodies: Readonly<Record<string, Body>> = {
  "strides and a residual": (g, x, w) => {
    const a = g.relu(g.conv(x, w(16, 3, 3, 3), w(16), { pads: [1, 1, 1, 1], strides: [2, 2] }));
    const b = g.conv(a, w(16, 1, 3, 3), undefined, { pads: [1, 1, 1, 1], group: 16 });
    const sum = g.relu(g.add(a, g.conv(b, w(16, 16, 1, 1))));
    return g.conv(sum, w(4, 16, 3, 3), undefined, { pads: [1, 1, 1, 1], strides: [2, 2] });
  },
  "padding by auto_pad": (g, x, w) => {
    const a = g.conv(x, w(16, 3, 4, 3), undefined, same);
    const b = g.conv(g.sigmoid(a), w(16, 16, 3, 2), undefined, { auto_pad: "SAME_LOWER" });
    return g.conv(b, w(4, 16, 2, 3), undefined, { auto_pad: "SAME_LOWER", strides: [2, 2] });
  },
  "pools that round up, dilations, maps side by side": (g, x, w) => {
    const a = g.conv(x, w(16, 3, 3, 3), undefined, { dilations: [2, 1], pads: [2, 1, 2, 1] });
    const pool = { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 } as const;
    const both = g.concat([g.maxPool(a, pool), g.averagePool(a, { ...pool, pads: [0, 0, 0, 0] })], { axis: 1 }); // prettier-ignore
    return g.conv(both, w(4, 32, 1, 1), undefined, { strides: [2, 2] });
  },
  "explicit margins, no padding, normalizations": (g, x, w) => {
    const padded = g.pad(x, { pads: [0, 0, 3, 2, 0, 0, 1, 4] });
    const a = g.conv(padded, w(16, 3, 5, 4), undefined, { strides: [3, 2] });
    const one = g.constant(tensor("float32", [16], Array<number>(16).fill(1)));
    const b = g.batchNormalization(a, w(16), w(16), w(16), one);
    const c = g.averagePool(g.lrn(b, { size: 3 }), { kernel_shape: [2, 2], pads: [1, 0, 0, 1] });
    return g.conv(g.mul(c, w(16, 1, 1)), w(2, 16, 3, 3));
  },
  "channels last on the way": (g, x, w) => {
    const last = g.leakyRelu(g.transpose(x, [0, 2, 3, 1]), { alpha: 0.1 });
    const a = g.conv(g.transpose(last, [0, 3, 1, 2]), w(24, 3, 3, 3), undefined, same);
    return g.maxPool(a, { kernel_shape: [2, 2], strides: [2, 2] });
  },
};

/** Without gaps, the last ones cut off at the edge. */
const windowsIn = (extents: readonly [number, number], size: readonly [number, number]) => {
  const along = (axis: 0 | 1) =>
    Array.from({ length: Math.ceil(extents[axis] / size[axis]) }, (_, k) => {
      const from = k * size[axis];
      return [from, Math.min(extents[axis], from + size[axis])] as const;
    });
  return along(0).flatMap((y) => along(1).map((x): Place => [y, x]));
};

const size = [6, 5] as const;
const windows = windowsIn([45, 37], size);

/** f(x) − f(x occluded), one image after the other. */
async function lostByEach(
  explainer: Explainer,
  image: Tensor<"float32">,
  places: readonly Place[],
) {
  const [, channels, height, width] = image.shape as number[];
  const at = async (x: Tensor) => (await explainer.scores(x)).data[2] as number;
  const full = await at(image);
  const map = new Float32Array(image.data.length);
  for (const [[top, bottom], [left, right]] of places) {
    const x = { ...image, data: image.data.slice() };
    const each = (body: (i: number) => void) => {
      for (let c = 0; c < channels!; c++)
        for (let i = top; i < bottom; i++)
          for (let j = left; j < right; j++) body((c * height! + i) * width! + j);
    };
    each((i) => void (x.data[i] = 0.25));
    const lost = full - (await at(x));
    each((i) => void (map[i] = lost));
  }
  return map;
}

const furthest = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a, (x, i) => Math.abs(x - b[i]!)).reduce((x, y) => Math.max(x, y));

/** Of scores of about 10 in float32. */
const rounding = 1e-4;

async function compare(
  explainer: Explainer,
  image: Tensor<"float32">,
  window: readonly [number, number],
) {
  const [, , height, width] = image.shape as number[];
  const { map } = await explainer.attribute(image, { method: "occlusion", window, strides: window, baseline: 0.25, target: 2 }); // prettier-ignore
  const expected = await lostByEach(explainer, image, windowsIn([height!, width!], window));
  const largest = Math.max(...expected.map(Math.abs));
  expect(largest).toBeGreaterThan(0);
  expect(furthest(map.data, expected) / largest).toBeLessThan(rounding);
}

describe("images changed in a place", () => {
  it.each([
    ...Object.entries(bodies).map(([name, body]) => [name, body, "batch"] as const),
    ["one image at a time", bodies["padding by auto_pad"]!, 1] as const,
  ])("%s", async (_, body, batch) => {
    const model = classifier(body, batch);
    const graph = explainedOnnx(model);
    const { crop } = patchingFor(graph, graph.logits, [3, 45, 37], windows)!;
    expect(crop[0] * crop[1]).toBeLessThan(0.8 * 45 * 37);
    await using explainer = await openExplainer(model, { dataFormat: "channels_first" });
    await compare(explainer, numbers([1, 3, 45, 37], 3), size);
  });

  it("in a Keras model, whose images are laid channels last", async () => {
    const model = mobilenet({ alpha: 0.25, input_shape: [96, 96, 3], classes: 4 });
    const weights = initialize(model, { seed: 1 });
    const places = windowsIn([96, 96], [24, 24]);
    const graph = explainedKeras(model, weights, undefined);
    expect(patchingFor(graph, graph.logits, [3, 96, 96], places)).toBeDefined();
    await using explainer = await openExplainer(model, weights, { dataFormat: "channels_first" });
    await compare(explainer, numbers([1, 3, 96, 96], 3), [24, 24]);
  });

  it.each<[string, Body]>([
    ["what differs from pixel to pixel", (g, x, w) => g.conv(g.add(x, w(45, 37)), w(16, 3, 3, 3))],
    [
      "means over the image",
      (g, x, w) =>
        g.conv(g.sub(x, g.reduceMean(x, { axes: [2, 3], keepdims: true })), w(16, 3, 3, 3)),
    ],
    [
      "a way around",
      (g, x, w) =>
        g.add(
          g.conv(x, w(16, 3, 3, 3), undefined, { pads: [1, 1, 1, 1] }),
          g.reduceMean(x, { axes: [1, 2, 3], keepdims: true }),
        ),
    ],
  ])("are computed whole with %s", async (_, body) => {
    // prettier-ignore
    const graph = explainedOnnx(classifier(body));
    expect(patchingFor(graph, graph.logits, [3, 45, 37], windows)).toBeUndefined();
  });
});
