// How methods are asked for the cases of other tools' numbers, and what of the answer is compared.
import type { Attribution } from "../src";
import { resized, scaled01 } from "../src/methods/shared/resize";
import { ask, type Answer, type Arrays, type Asked, type Numbers, type Params } from "./asked";

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
const camAnswer =
  (method: string, options: object = {}): Answer =>
  async (asked) => {
    const { map, cam, weights, maskScores } = await ask(asked, method, options);
    const { shape, data } = cam!;
    const [, h, w] = shape as [number, number, number];
    const [, height, width] = map.shape as [number, number, number];
    // A singular vector has no sign: the reference's.
    const expected = (asked.it["cam"] ?? asked.it["cam_relu"]) as Numbers;
    const agree = expected.data.reduce((sum, value, i) => sum + value * data[i]!, 0) >= 0;
    const flipped = method.startsWith("eigen") && !agree;
    const raw = Float64Array.from(data, (value) => (flipped ? -value : value));
    const positive = raw.map((value) => Math.max(value, 0));
    return {
      cam: raw,
      cam_relu: positive,
      upsampled: flipped ? resized(positive, [h, w], [height, width]) : map.data,
      library: scaled01(resized(scaled01(positive), [h, w], [height, width])),
      ...(weights && { weights: weights.data }),
      ...(maskScores && { scores: maskScores.data }),
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
export const methodAnswers: Readonly<Record<string, Answer>> = {
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
    const ofParams = (p["of_params"] ?? {}) as Params;
    const ofOptions = {
      ...("abs" in ofParams && { absolute: ofParams["abs"] }),
      ...("baseline" in ofParams && {
        baseline: baseline(ofParams["baseline"]),
        steps: ofParams["steps"],
        rule: ofParams["method"],
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
    const { coefficients, intercepts } = await ask(asked, "lime", { ...features(asked), width, alpha }); // prettier-ignore
    return { coefficients: coefficients!.data, intercept: intercepts! };
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
  cam: camAnswer("cam"),
  grad_cam: camAnswer("grad-cam"),
  hires_cam: camAnswer("hires-cam"),
  grad_cam_elementwise: camAnswer("grad-cam-elementwise"),
  grad_cam_plus_plus: camAnswer("grad-cam-plus-plus", { epsilon: 1e-6 }),
  grad_cam_plus_plus_paper: camAnswer("grad-cam-plus-plus"),
  xgrad_cam: camAnswer("xgrad-cam"),
  layer_cam: camAnswer("layer-cam"),
  score_cam: camAnswer("score-cam", { masks: "pytorch-grad-cam" }),
  score_cam_paper: camAnswer("score-cam"),
  score_cam_torchcam: camAnswer("score-cam", { masks: "torchcam" }),
  ablation_cam: camAnswer("ablation-cam"),
  ablation_cam_zero: camAnswer("ablation-cam"),
  eigen_cam: camAnswer("eigen-cam"),
  eigen_grad_cam: camAnswer("eigen-grad-cam"),
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
    const { scores, objectives, first, image } = await explainer.maximize({
      image: x,
      learningRate: learning_rate,
      ...(normalize_gradient && { normalizeGradient: true }),
      ...(it.target !== undefined && { target: it.target as number }),
      ...(it.layer && { layer: it.layer }),
      ...rest,
    });
    return {
      scores,
      objectives,
      first_image: first.data,
      last_image: image.data,
    };
  },
};
