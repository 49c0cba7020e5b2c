// How metrics are asked for the cases of other tools' numbers, and what of the answer is compared.
import type { Tensor } from "@cajal/core";
import { percentilesOf, withoutHot } from "../src/metrics/road";
import { ask, floats, type Answer, type Asked } from "./asked";

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
export const metricAnswers: Readonly<Record<string, Answer>> = {
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
    const without = (map: Float32Array) => withoutHot({ images }, 0, map, percentilesOf(map, percentiles)[0]!); // prettier-ignore
    return {
      morf: (figures["morf"] as number[][])[0]!,
      lerf: (figures["lerf"] as number[][])[0]!,
      combined: figures["combined"] as number[],
      first_image_morf: without(hot),
      first_image_lerf: without(hot.map((h) => -h)),
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
