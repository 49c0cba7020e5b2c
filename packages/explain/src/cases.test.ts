// A few numbers of Captum, pytorch-grad-cam, torchcam and Zennit; reference.test.ts has all of them.
import { readFileSync } from "node:fs";
import { tensor, type Tensor } from "@cajal/core";
import { decodeModel, GraphBuilder } from "@cajal/onnx";
import { openGradient } from "@cajal/runtime";
import { afterAll, describe, expect, it } from "vitest";
import { openExplainer } from ".";
import {
  answerCase,
  difference,
  expectedArrays,
  leastOf,
  type Case,
  type Inputs,
} from "../testing/reference";

const folder = new URL("../fixtures/", import.meta.url);
const { cases, ...inputs } = JSON.parse(
  readFileSync(new URL("cases.json", folder), "utf8"),
) as Inputs & { readonly cases: readonly (Case & { method: string; tolerance: number })[] };
const model = decodeModel(readFileSync(new URL("convbn.onnx", folder)));

describe("other tools' numbers", async () => {
  const explainer = await openExplainer(model, { dataFormat: "channels_first" });
  afterAll(() => explainer.dispose());

  it.each(cases.map((each) => [each.method, each] as const))("%s", async (method, each) => {
    const arrays = await answerCase(explainer, method, each, inputs);
    for (const [array, expected] of expectedArrays(each))
      expect(difference(arrays[array]!, expected, leastOf(array)), array).toBeLessThanOrEqual(each.tolerance); // prettier-ignore
  });
});

describe("an explainer", async () => {
  const [k, n] = [inputs.images["k"]!, inputs.images["n"]!];
  const nchw = await openExplainer(model, { dataFormat: "channels_first" });
  const nhwc = await openExplainer(model);
  const small = await openExplainer(model, { memory: 1 });
  afterAll(() => Promise.all([nchw.dispose(), nhwc.dispose(), small.dispose()]));
  const two = tensor("float32", [2, 3, 20, 28], [...k.data, ...n.data]);
  const last = tensor(
    "float32",
    [2, 20, 28, 3],
    Array.from({ length: two.data.length }, (_, i) => {
      const [image, rest] = [Math.floor(i / 1680), i % 1680];
      return two.data[image * 1680 + (rest % 3) * 560 + Math.floor(rest / 3)]!;
    }),
  );

  it("takes and gives images with channels last, and names modules", async () => {
    const first = await nchw.attribute(two, { method: "saliency", target: [1, 3] });
    const { map, targets } = await nhwc.attribute(last, { method: "saliency", target: [1, 3] });
    expect(map.shape).toEqual([2, 20, 28, 3]);
    expect(targets).toEqual([1, 3]);
    expect(map.data[3 * 29 + 2]).toBe(first.map.data[2 * 560 + 29]);
    for (const layer of ["relu2", "/relu2/Relu_output_0", "/relu2/Relu"]) {
      const cam = await nhwc.attribute(last, { method: "grad-cam", layer, target: 0 });
      expect(cam.layer).toBe("relu2");
      expect(cam.map.shape).toEqual([2, 20, 28]);
    }
    expect(nhwc.mapLayer).toBe("relu3");
    expect(nhwc.layers.find(({ name }) => name === "relu2")!.shape).toEqual([10, 14, 12]);
  });

  // Options of methods that take long, and of those that need some.
  it.each([
    ["integrated-gradients", { steps: 7 }],
    ["smoothgrad", { samples: 3 }],
    ["deep-lift", {}],
    ["lrp", {}],
    ["occlusion", { window: 7 }],
    ["kernel-shap", { samples: 64 }],
    ["score-cam", {}],
    ["layer-conductance", { layer: "relu1", steps: 4 }],
    ["neuron-conductance", { layer: "relu3", neuron: [1, 2, 3], steps: 3 }],
  ] as const)(
    "gives each image of a batch the map that it has alone, whatever memory: %s",
    async (method, options) => {
      const ask = { method, ...options } as never;
      const both = await nhwc.attribute(last, { ...(ask as object), target: [1, 3] } as never);
      const size = both.map.data.length / 2;
      for (const i of [0, 1]) {
        const one = tensor("float32", [20, 28, 3], last.data.slice(i * 1680, (i + 1) * 1680));
        const alone = await small.attribute(one, {
          ...(ask as object),
          target: [1, 3][i],
        } as never);
        const expected = Array.from(both.map.data.subarray(i * size, (i + 1) * size));
        expect(difference(alone.map.data, expected)).toBeLessThan(1e-4);
      }
    },
  );

  it("explains the top class where no target is told, and adds up to it", async () => {
    const scores = await nhwc.scores(last);
    const { targets, delta } = await nhwc.attribute(last, { method: "integrated-gradients" });
    targets.forEach((target, i) => {
      const row = Array.from(scores.data.subarray(i * 5, (i + 1) * 5));
      expect(row[target]).toBe(Math.max(...row));
    });
    expect(Math.max(...delta!.map(Math.abs))).toBeLessThan(0.05);
  });

  it("takes points until attributions add up as asked, for each image as if alone", async () => {
    const asked = { method: "integrated-gradients", target: [1, 3], steps: 2 } as const;
    const rough = await nhwc.attribute(last, asked);
    const { map, delta, steps } = await nhwc.attribute(last, { ...asked, tolerance: 0.01 });
    expect(Math.max(...steps!)).toBeGreaterThan(2);
    const logits = async (x: typeof last) => (await nhwc.scores(x)).data;
    const [at, before] = [await logits(last), await logits(tensor("float32", last.shape))];
    const classes = nhwc.classes;
    for (const [i, target] of [1, 3].entries()) {
      const sum = map.data.slice(i * 1680, (i + 1) * 1680).reduce((a, b) => a + b, 0);
      const difference = at[i * classes + target]! - before[i * classes + target]!;
      expect(Math.abs(sum - difference)).toBeLessThanOrEqual(0.0101 * Math.abs(difference));
      expect(Math.abs(delta![i]!)).toBeLessThanOrEqual(Math.abs(rough.delta![i]!));
      const alone = tensor("float32", [1, 20, 28, 3], last.data.slice(i * 1680, (i + 1) * 1680));
      const own = await nhwc.attribute(alone, { ...asked, target, tolerance: 0.01 });
      expect(own.steps).toEqual([steps![i]]);
      expect(own.map.data).toEqual(map.data.slice(i * 1680, (i + 1) * 1680));
    }
  });

  it("reports progress, and stops when it is told to", async () => {
    const seen: number[] = [];
    const onProgress = ({ done }: { done: number }) => void seen.push(done);
    await small.attribute(last, {
      method: "integrated-gradients",
      steps: 3,
      target: 0,
      onProgress,
    });
    expect(seen.slice(0, 6)).toEqual([1, 2, 3, 4, 5, 6]);
    const stop = new AbortController();
    const running = small.attribute(last, {
      method: "integrated-gradients",
      steps: 1000,
      signal: stop.signal,
      onProgress: () => stop.abort(new Error("enough")),
    });
    await expect(running).rejects.toThrow("enough");
  });

  it("computes the scores of a baseline that is a number once", async () => {
    await using explainer = await openExplainer(model);
    const passes: number[] = [];
    const deltas = async (options: object) => {
      let seen = 0;
      const onProgress = () => void seen++;
      const ask = {
        method: "integrated-gradients",
        steps: 4,
        target: [1, 3],
        onProgress,
        ...options,
      } as const;
      const { delta } = await explainer.attribute(last, ask);
      passes.push(seen);
      return delta;
    };
    const grey = { baseline: tensor("float32", [20, 28, 3], new Float32Array(1680).fill(0.5)) };
    for (const output of ["logit", "probability"] as const) {
      const delta = await deltas({ baseline: 0.5, output });
      expect(await deltas({ baseline: 0.5, output })).toEqual(delta);
      const ofTensor = await deltas({ ...grey, output });
      ofTensor!.forEach((each, i) => expect(each).toBeCloseTo(delta![i]!, 5));
      expect(await deltas({ baseline: 0, output })).not.toEqual(delta);
    }
    // The paths of two images, their scores, and those of the baseline.
    expect(passes).toEqual([4, 3, 4, 4, 4, 3, 4, 4]);
  });

  it("takes no more images backwards at once than keep a large map in the cache", async () => {
    const g = new GraphBuilder();
    const kernel = g.initializer("kernel", tensor("float32", [64, 3, 1, 1]));
    const map = g.relu(g.conv(g.input("image", "float32", ["n", 3, 224, 224]), kernel)); // 12.8 MB each
    g.output(g.flatten(g.globalAveragePool(map)), "scores");
    const graph = g.build();
    await using explainer = await openExplainer(graph, { device: "cpu" });
    await using session = await openGradient(graph, { device: "cpu" });
    const seen: number[] = [];
    await explainer.attribute(tensor("float32", [5, 224, 224, 3]), {
      method: "saliency",
      target: 0,
      onProgress: ({ done }) => void seen.push(done),
    });
    expect(seen).toEqual(session.block === undefined ? [5] : [2, 4, 5]);
  });

  it("measures beside a random map", async () => {
    const { map: heat } = await nhwc.attribute(last, { method: "grad-cam" });
    for (const metric of ["deletion-insertion", "road", "complexity"] as const) {
      const { figures, random } = await nhwc.measure(last, { metric, heat });
      expect(Object.keys(random)).toEqual(Object.keys(figures));
      expect(JSON.stringify(random)).not.toBe(JSON.stringify(figures));
    }
    const noise = await nhwc.measure(last, { metric: "road", heat, control: "noise" });
    const moved = await nhwc.measure(last, { metric: "road", heat, control: "moved" });
    expect(noise.figures).toEqual(moved.figures);
    expect(noise.random).not.toEqual(moved.random);
    expect((await nhwc.measure(last, { metric: "road", heat })).random).toEqual(moved.random);
    const both = await nhwc.measure(last, { metric: "road", heat, control: ["noise", "moved"] });
    expect(both.controls).toEqual({ noise: noise.random, moved: moved.random });
    expect(both.random).toEqual(noise.random);
    for (const wrong of [{ control: "shuffled" }, { channels: "absolut" }])
      await expect(nhwc.measure(last, { metric: "road", heat, ...wrong } as never)).rejects.toMatchObject({ code: "unknown-name" }); // prettier-ignore
    const of = { method: "saliency" } as const;
    const same = await nhwc.measure(last, { metric: "randomisation", of, depths: [0, 1, 4] });
    const similarity = same.figures["similarity"] as number[][];
    expect(similarity[0]![0]).toBeCloseTo(1, 6);
    expect(similarity[0]![2]).toBeLessThan(0.9);
  });

  it("says which maps fail a check", async () => {
    const one = (row: number, column: number) => {
      const heat = tensor("float32", [20, 28]);
      heat.data[row * 28 + column] = 1;
      return heat;
    };
    const image = tensor("float32", [1, 20, 28, 3], last.data.slice(0, 1680));
    const within = { metric: "localisation", box: [0, 0, 10, 10] } as const;
    const passes = async (heat: Tensor) => (await nhwc.measure(image, { ...within, heat })).passes;
    expect(await passes(one(5, 5))).toEqual([true]);
    expect(await passes(one(15, 5))).toEqual([false]);
    // Weights that are as they were leave every map as it was.
    const of = { method: "saliency" } as const;
    const kept = await nhwc.measure(last, { metric: "randomisation", of, depths: [0] });
    expect(kept.passes).toEqual([false, false]);
  });
});

describe("bad input", async () => {
  const explainer = await openExplainer(model);
  afterAll(() => explainer.dispose());
  const image = tensor("float32", [20, 28, 3]);
  const code = (expected: string) => expect.objectContaining({ code: expected });
  const asked = (options: object, x = image) => explainer.attribute(x, { method: "grad-cam", ...options } as never); // prettier-ignore

  it("is told", async () => {
    await expect(asked({ target: 5 })).rejects.toThrow(/0 … 4/);
    await expect(asked({ target: [0, 1] })).rejects.toEqual(code("bad-argument"));
    await expect(asked({ target: 0.5 })).rejects.toEqual(code("bad-argument"));
    await expect(asked({ method: "grad-can" })).rejects.toEqual(code("unknown-name"));
    await expect(asked({ layer: "relu9" })).rejects.toEqual(code("unknown-name"));
    await expect(asked({ layer: "logits" })).rejects.toThrow(/spatial extent.*relu3/);
    await expect(asked({ layer: "pool" })).rejects.toEqual(code("unsupported"));
    await expect(asked({ steps: 3 })).rejects.toEqual(code("unknown-option"));
    await expect(asked({}, tensor("float32", [20, 28, 1]))).rejects.toEqual(code("bad-shape"));
    await expect(asked({}, tensor("float32", [20, 28, 3], Array<number>(1680).fill(NaN)))).rejects.toEqual(code("bad-argument")); // prettier-ignore
    await expect(asked({}, tensor("uint8", [20, 28, 3]) as never)).rejects.toEqual(code("bad-argument")); // prettier-ignore
    await expect(asked({ method: "lrp", alpha: 3 })).rejects.toEqual(code("bad-argument"));
    await expect(asked({ method: "shapley-values", blocks: [1, 1] })).rejects.toThrow(/at most 16/);
    await expect(asked({ method: "neuron-gradient", layer: "relu3", neuron: [0, 0, 16] })).rejects.toEqual(code("bad-argument")); // prettier-ignore
    await expect(openExplainer(model, { engine: "tfjs" })).rejects.toEqual(code("unsupported"));
  });

  it("gives a constant image finite maps", async () => {
    for (const method of [
      "saliency",
      "smoothgrad",
      "grad-cam",
      "eigen-cam",
      "score-cam",
      "deep-lift",
      "lrp",
    ] as const) {
      const { map } = await asked({ method, target: 0 });
      expect([method, map.data.every(Number.isFinite)]).toEqual([method, true]);
    }
    // x times anything is nothing where x is.
    const { map } = await asked({ method: "input-x-gradient", target: 0 });
    expect(map.data.every((value) => value === 0)).toBe(true);
  });

  it("names weights that are no numbers", async () => {
    const initializers = new Map(model.graph.initializers);
    const bias = initializers.get("logits.bias")!;
    initializers.set("logits.bias", tensor("float32", bias.shape, [NaN, 0, 0, 0, 0]));
    await using broken = await openExplainer({ ...model, graph: { ...model.graph, initializers } });
    await expect(broken.attribute(image, { method: "saliency", target: 0 })).rejects.toEqual(code("bad-model")); // prettier-ignore
  });

  it("is refused after the explainer is disposed", async () => {
    const other = await openExplainer(model);
    await other.dispose();
    await expect(other.attribute(image, { method: "saliency" })).rejects.toEqual(code("disposed"));
  });
});
