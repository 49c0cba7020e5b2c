// Cases of other tools' numbers (reference/explain in the shared folder, and a few of them committed): how each is
// asked of an explainer, and what of the answer is compared. Arrays lie channels first there.
import { tensor, type Tensor } from "@cajal/core";
import type { Attribution, Explainer } from "../src";
import { withoutHot } from "../src/metrics/road";
import { resized, scaled01 } from "../src/methods/shared/resize";

export interface Numbers {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

/** What a case chooses; its own method knows what that is. */
type Params = ReturnType<typeof JSON.parse>;

export interface Case {
  readonly case: string;
  readonly image: string | readonly string[];
  readonly target?: number | readonly number[];
  readonly layer?: string;
  readonly output?: "softmax";
  readonly params?: Params;
  readonly heatmap?: Numbers;
  readonly [array: string]: unknown;
}

/** What of a network's file the cases name. */
export interface Inputs {
  readonly images: Readonly<Record<string, Numbers>>;
  readonly baselines: Readonly<Record<string, Numbers>>;
  readonly noise: Readonly<Record<string, Numbers>>;
}

type Arrays = Readonly<Record<string, ArrayLike<number>>>;
type Answer = (asked: Asked) => Promise<Arrays>;

interface Asked {
  readonly explainer: Explainer;
  readonly it: Case;
  readonly p: Params;
  readonly x: Tensor;
  readonly baseline: (name: unknown) => number | Tensor;
  /** Of the first `samples` of a noise, and their standard deviation. */
  readonly noise: () => { noise: Tensor; samples: number; stdev: number };
  /** target, output and layer of the case. */
  readonly common: object;
}

const floats = ({ shape, data }: Numbers): Tensor => tensor("float32", shape, data);

export async function answerCase(
  explainer: Explainer,
  method: string,
  it: Case,
  { images, baselines, noise }: Inputs,
): Promise<Arrays> {
  const names = [it.image].flat();
  const parts = names.map((name) => images[name]!);
  const x = tensor(
    "float32",
    [parts.length, ...parts[0]!.shape.slice(1)],
    parts.flatMap(({ data }) => [...data]),
  );
  const p = it.params ?? {};
  const { target, layer, output } = it;
  const answer = answers[method];
  if (!answer) throw new Error(`No way is known to ask for the cases of "${method}".`);
  return answer({
    explainer,
    it,
    p,
    x,
    baseline: (name) =>
      typeof name === "number" ? name : name === "zero" ? 0 : floats(baselines[name as string]!),
    noise: () => {
      const all = noise[p["noise"]]!;
      const size = all.data.length / all.shape[0]!;
      const samples = p["samples"] as number;
      const shape = [samples, ...x.shape.slice(1)];
      const data = all.data.slice(0, samples * size);
      return { noise: tensor("float32", shape, data), samples, stdev: p["stdev"] as number };
    },
    common: {
      ...(target !== undefined && { target }),
      ...(layer !== undefined && { layer }),
      ...(output && { output }),
    },
  });
}

const ask = ({ explainer, x, common }: Asked, method: string, options: object = {}) =>
  explainer.attribute(x, { ...common, method, ...options } as never);

const arraysOf = ({ map, delta, alphas, quadrature }: Attribution, more: Arrays = {}): Arrays => ({
  attributions: map.data,
  ...(delta && { delta }),
  ...(alphas && { alphas }),
  ...(quadrature && { weights: quadrature }),
  ...more,
});

const plain =
  (method: string, options: (asked: Asked) => object = () => ({})): Answer =>
  async (asked) =>
    arraysOf(await ask(asked, method, options(asked)));

/** A class activation map, and what pytorch-grad-cam makes of it. */
const cam =
  (method: string, options: object = {}): Answer =>
  async (asked) => {
    const made = await ask(asked, method, options);
    const [, h, w] = made.cam!.shape as [number, number, number];
    const [, height, width] = made.map.shape as [number, number, number];
    // A singular vector has no sign: the reference's.
    const given = (asked.it["cam"] ?? asked.it["cam_relu"]) as Numbers;
    const agree = given.data.reduce((sum, value, i) => sum + value * made.cam!.data[i]!, 0) >= 0;
    const turned = method.startsWith("eigen") && !agree;
    const raw = Float64Array.from(made.cam!.data, (value) => (turned ? -value : value));
    const positive = raw.map((value) => Math.max(value, 0));
    return {
      cam: raw,
      cam_relu: positive,
      upsampled: turned ? resized(positive, [h, w], [height, width]) : made.map.data,
      library: scaled01(resized(scaled01(positive), [h, w], [height, width])),
      ...(made.weights && { weights: made.weights.data }),
      ...(made.maskScores && { scores: made.maskScores.data }),
    };
  };

const path = ({ p, baseline }: Asked) => ({
  baseline: baseline(p["baseline"]),
  steps: p["steps"],
  rule: p["method"],
});

const features = ({ p, baseline }: Asked) => ({
  blocks: p["blocks"],
  baseline: baseline(p["baseline"]),
  ...(p["kept"] && { kept: p["kept"] }),
});

const relevanceNames: Readonly<Record<string, string>> = {
  alpha1_beta0: "positive-weights",
  alpha2_beta1: "alpha-beta",
};

const attack =
  (of: (asked: Asked) => object): Answer =>
  async (asked) => {
    const { explainer, x, it, p } = asked;
    const bounds = Object.fromEntries(
      ["low", "high", "threshold", "targeted"].flatMap((key) => (key in p ? [[key, p[key]]] : [])),
    );
    const { images, logits } = await explainer.attack(x, {
      target: it.target!,
      ...bounds,
      ...of(asked),
    });
    return { adversarial: images.data, logits: logits.data };
  };

/** Methods, by the file's name. */
const methodAnswers: Readonly<Record<string, Answer>> = {
  saliency: plain("saliency", ({ p }) => ({ absolute: p["abs"] })),
  input_x_gradient: plain("input-x-gradient"),
  integrated_gradients: plain("integrated-gradients", (asked) => ({
    ...path(asked),
    ...("multiply_by_inputs" in asked.p && { multiplyByInputs: asked.p["multiply_by_inputs"] }),
  })),
  integrated_gradients_trapezoid: plain("integrated-gradients", (asked) => ({
    ...path(asked),
    rule: "trapezoid",
  })),
  smoothgrad: async (asked) => {
    const { p, baseline, noise } = asked;
    const method = { smoothgrad_sq: "smoothgrad-squared" }[p["type"] as string] ?? p["type"];
    const given = (p["of_params"] ?? {}) as Params;
    const ofOptions = {
      ...("abs" in given && { absolute: given["abs"] }),
      ...("baseline" in given && {
        baseline: baseline(given["baseline"]),
        steps: given["steps"],
        rule: given["method"],
      }),
    };
    const of = (p["of"] as string).replaceAll("_", "-");
    return arraysOf(await ask(asked, method, { of, ofOptions, ...noise() }));
  },
  guided_backprop: plain("guided-backprop"),
  deconvolution: plain("deconvolution"),
  guided_grad_cam: plain("guided-grad-cam", ({ p }) => ({
    interpolation: p["interpolate_mode"] === "bilinear" ? "linear" : "nearest",
  })),
  deep_lift: plain("deep-lift", ({ p, baseline }) => ({ baseline: baseline(p["baseline"]) })),
  deep_lift_unseparated: plain("deep-lift", ({ p, baseline }) => ({
    baseline: baseline(p["baseline"]),
    maxima: "gradient",
  })),
  deep_lift_shap: plain("deep-lift-shap", ({ p, baseline }) => ({
    baselines: p["baselines"].map(baseline),
  })),
  gradient_shap: plain("gradient-shap", ({ p, baseline, noise }) => ({
    baselines: p["baselines"].map(baseline),
    baselineOfSample: p["baseline_of_sample"],
    alphaOfSample: p["alpha_of_sample"],
    ...noise(),
  })),
  lrp_captum: plain("lrp", ({ p }) => {
    const { rule, epsilon = 1e-9, gamma = 0.25, bias_zero: zero = false } = p;
    const named = (name: string) =>
      name === "gamma" ? "positive-gamma" : (relevanceNames[name] ?? name);
    return {
      convolution: named(rule.conv ?? rule),
      dense: named(rule.dense ?? rule),
      epsilon,
      gamma,
      bias: !zero,
      stabilizer: 1e-9,
      sums: rule === "epsilon" ? "epsilon" : "stabilizer",
      foldNormalization: false,
    };
  }),
  lrp_zennit: plain("lrp", ({ p }) => ({
    convolution: relevanceNames[p["conv"]] ?? p["conv"],
    dense: relevanceNames[p["dense"]] ?? p["dense"],
    ...("epsilon" in p && { epsilon: p["epsilon"] }),
    ...("gamma" in p && { gamma: p["gamma"] }),
  })),
  occlusion: plain("occlusion", ({ p, baseline }) => ({
    window: p["window"],
    strides: p["strides"],
    baseline: baseline(p["baseline"]),
  })),
  feature_ablation: plain("feature-ablation", features),
  shapley_values: plain("shapley-values", features),
  kernel_shap: async (asked) => {
    const { coefficients } = await ask(asked, "kernel-shap", features(asked));
    return { coefficients: coefficients!.data };
  },
  lime: async (asked) => {
    const { width, alpha } = asked.p;
    const made = await ask(asked, "lime", { ...features(asked), width, alpha });
    return { coefficients: made.coefficients!.data, intercept: made.intercepts! };
  },
  layer_activation: plain("layer-activation"),
  layer_gradient_x_activation: plain("layer-gradient-x-activation"),
  layer_integrated_gradients: plain("layer-integrated-gradients", path),
  internal_influence: plain("internal-influence", path),
  layer_conductance: plain("layer-conductance", path),
  layer_deep_lift: plain("layer-deep-lift", ({ p, baseline }) => ({
    baseline: baseline(p["baseline"]),
  })),
  neuron_gradient: plain("neuron-gradient", ({ p }) => ({ neuron: p["neuron"] })),
  neuron_integrated_gradients: plain("neuron-integrated-gradients", (asked) => ({
    ...path(asked),
    neuron: asked.p["neuron"],
  })),
  neuron_conductance: plain("neuron-conductance", (asked) => ({
    ...path(asked),
    neuron: asked.p["neuron"],
  })),
  neuron_guided_backprop: plain("neuron-guided-backprop", ({ p }) => ({ neuron: p["neuron"] })),
  cam: cam("cam"),
  grad_cam: cam("grad-cam"),
  hires_cam: cam("hires-cam"),
  grad_cam_elementwise: cam("grad-cam-elementwise"),
  grad_cam_plus_plus: cam("grad-cam-plus-plus", { epsilon: 1e-6 }),
  grad_cam_plus_plus_paper: cam("grad-cam-plus-plus"),
  xgrad_cam: cam("xgrad-cam"),
  layer_cam: cam("layer-cam"),
  score_cam: cam("score-cam", { masks: "pytorch-grad-cam" }),
  score_cam_paper: cam("score-cam"),
  score_cam_torchcam: cam("score-cam", { masks: "torchcam" }),
  ablation_cam: cam("ablation-cam"),
  ablation_cam_zero: cam("ablation-cam"),
  eigen_cam: cam("eigen-cam"),
  eigen_grad_cam: cam("eigen-grad-cam"),
  full_grad: async (asked) => {
    const { map } = await ask(asked, "full-grad");
    return { cam: map.data, library: scaled01(map.data) };
  },
  full_gradients: async (asked) => {
    const { perLayer, delta } = await ask(asked, "full-gradients");
    const sum = perLayer!.data.reduce((a, b) => a + b, 0);
    return { per_layer: perLayer!.data, logit: [sum - delta![0]!] };
  },
  fgsm: attack(({ p }) => ({ method: "fgsm", epsilon: p["epsilon"] })),
  pgd: attack(({ p }) => ({
    method: "pgd",
    norm: p["norm"],
    radius: p["radius"],
    step: p["step"],
    steps: p["steps"],
  })),
  pgd_l2: attack(({ p }) => ({
    method: "pgd",
    norm: "L2",
    radius: p["radius"],
    step: p["step"],
    steps: p["steps"],
  })),
  activation_maximization: async ({ explainer, it, p, x }) => {
    const { learning_rate, normalize_gradient, ...rest } = p;
    const made = await explainer.maximize({
      image: x,
      learningRate: learning_rate,
      ...(normalize_gradient && { normalizeGradient: true }),
      ...(it.target !== undefined && { target: it.target as number }),
      ...(it.layer && { layer: it.layer }),
      ...rest,
    });
    return {
      scores: made.scores,
      objectives: made.objectives,
      first_image: made.first.data,
      last_image: made.image.data,
    };
  },
};

const measure = ({ explainer, x, common }: Asked, metric: string, options: object) =>
  explainer.measure(x, { ...common, metric, ...options } as never);

const ofMethod = (name: string): { method: string } => {
  if (name === "saliency_abs") return { method: "saliency", absolute: true } as { method: string };
  const method = name.replaceAll("_", "-");
  const options = method === "integrated-gradients" ? { steps: 16, baseline: 0 } : {};
  return { method, ...options };
};

const heat = ({ it }: Asked) => floats(it.heatmap!);

/** Metrics, by the file's name. */
const metricAnswers: Readonly<Record<string, Answer>> = {
  infidelity: async (asked) => {
    const { p, noise } = asked;
    const { method, ...options } = ofMethod(p["of"]);
    const { map } = await ask(asked, method, options);
    const normalize = p["normalize"];
    // The reference's perturbations are what is taken off the image: noise of the same draws.
    const { figures } = await measure(asked, "infidelity", {
      attributions: map,
      normalize,
      ...noise(),
    });
    return { score: figures["score"] as readonly number[], attributions: map.data };
  },
  sensitivity_max: async (asked) => {
    const of = ofMethod(asked.p["of"]);
    const { figures } = await measure(asked, "sensitivity-max", { of, ...asked.noise() });
    return { score: figures["score"] as readonly number[] };
  },
  road: async (asked) => {
    const { percentiles } = asked.p;
    const { figures } = await measure(asked, "road", { heat: heat(asked), percentiles });
    const hot = Float32Array.from(asked.it.heatmap!.data);
    const images = asked.x as Tensor<"float32">;
    return {
      morf: (figures["morf"] as number[][])[0]!,
      lerf: (figures["lerf"] as number[][])[0]!,
      combined: figures["combined"] as number[],
      first_image_morf: withoutHot({ images }, 0, hot, percentiles[0]),
      first_image_lerf: withoutHot({ images }, 0, hot.map((h) => -h), percentiles[0]), // prettier-ignore
    };
  },
  deletion_insertion: async (asked) => {
    const { figures } = await measure(asked, "deletion-insertion", {
      heat: heat(asked),
      substrate: asked.baseline(asked.p["substrate"]),
      pixelsPerStep: asked.p["pixels_per_step"],
    });
    return {
      deletion: (figures["deletion"] as number[][])[0]!,
      deletion_auc: figures["deletionAuc"] as number[],
      insertion: (figures["insertion"] as number[][])[0]!,
      insertion_auc: figures["insertionAuc"] as number[],
    };
  },
  localisation: async (asked) => {
    const { box, k } = asked.p;
    const { figures } = await measure(asked, "localisation", { heat: heat(asked), box, k });
    const of = (name: string) => figures[name] as number[];
    return {
      pointing_game: of("pointingGame"),
      relevance_mass_accuracy: of("relevanceMassAccuracy"),
      relevance_rank_accuracy: of("relevanceRankAccuracy"),
      top_k_intersection: of("topKIntersection"),
      auc: of("auc"),
    };
  },
  complexity: async (asked) => {
    const { figures } = await measure(asked, "complexity", { heat: heat(asked) });
    return {
      sparseness: figures["sparseness"] as number[],
      complexity: figures["complexity"] as number[],
    };
  },
};

/** By the file's name. */
export const answers: Readonly<Record<string, Answer>> = { ...methodAnswers, ...metricAnswers };

/** Of an array against its reference: the largest difference over the largest absolute value, over at least `least`. */
export function difference(got: ArrayLike<number>, expected: readonly number[], least = 0): number {
  if (got.length !== expected.length) return Infinity;
  const scale = expected.reduce((most, value) => Math.max(most, Math.abs(value)), least);
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    const away = Math.abs(Number(got[i]) - expected[i]!);
    if (!(away <= worst)) worst = Number.isNaN(away) ? Infinity : away;
  }
  return worst === 0 ? 0 : worst / scale;
}

/** Over at least 1, as tolerances.json says. */
export const leastOf = (array: string) => (["delta", "combined"].includes(array) ? 1 : 0);

/** The arrays of a case, by name, but for what is given to it. */
export const expectedArrays = (it: Case): [string, readonly number[]][] =>
  Object.entries(it).flatMap(([name, value]): [string, readonly number[]][] =>
    name !== "heatmap" && typeof value === "object" && value !== null && "data" in value
      ? [[name, (value as Numbers).data]]
      : [],
  );
