// Metrics of maps that are 0 everywhere, and of images of few pixels.
import { tensor } from "@cajal/core";
import { GraphBuilder } from "@cajal/onnx";
import { expect, it } from "vitest";
import { openExplainer } from "..";

/** Scores that no pixel moves: behind a ReLU of what is never positive. */
async function deadNetwork() {
  const g = new GraphBuilder();
  const x = g.input("x", "float32", ["batch", 1, 8, 8]);
  const kernel = g.constant(tensor("float32", [2, 1, 1, 1], [-1, -2]));
  const maps = g.relu(g.sub(g.abs(g.conv(x, kernel)), 1e9));
  g.output(g.reduceMean(maps, { axes: [2, 3], keepdims: false }), "scores");
  return openExplainer(g.build(), { threads: 1 });
}
const image = tensor("float32", [8, 8, 1], Float32Array.from({ length: 64 }, (_, i) => i / 64)); // prettier-ignore
const of = { method: "saliency", target: 0 } as const;

it("sensitivity-max of a dead map is 0, and does not pass", async () => {
  await using explainer = await deadNetwork();
  const { figures, random, passes } = await explainer.measure(image, { metric: "sensitivity-max", of, samples: 2 }); // prettier-ignore
  expect([figures, random, passes]).toEqual([{ score: [0] }, { score: [0] }, [false]]);
});

it("a map that stays dead while weights are drawn anew has not changed with them", async () => {
  await using explainer = await deadNetwork();
  const { figures, passes } = await explainer.measure(image, { metric: "randomisation", of });
  expect([figures["similarity"], passes]).toEqual([[[1]], [false]]);
});

it("localisation looks at the hundred hottest pixels, or at all of them", async () => {
  await using explainer = await deadNetwork();
  const heat = tensor("float32", [8, 8], image.data.slice());
  const { figures } = await explainer.measure(image, { metric: "localisation", heat, box: [0, 0, 4, 8] }); // prettier-ignore
  expect(figures["topKIntersection"]).toEqual([0.5]);
});

it("complexity is of absolute numbers: a signed map is as complex as without its signs", async () => {
  await using explainer = await deadNetwork();
  const of = async (sign: (i: number) => number) => {
    const heat = tensor("float32", [1, 8, 8], image.data.map((value, i) => value * sign(i))); // prettier-ignore
    return (await explainer.measure(image, { metric: "complexity", heat })).figures;
  };
  // The entropy of i/Σi, and the Gini index Σ(2 i − 63) i/(64 Σi) with i from 0 to 63.
  const figures = await of(() => 1);
  expect(figures["complexity"]![0]).toBeCloseTo(3.9576, 3);
  expect(figures["sparseness"]![0]).toBeCloseTo(0.3385, 3);
  expect(await of((i) => (i % 3 === 0 ? -1 : 1))).toEqual(figures);
});
