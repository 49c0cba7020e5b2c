// Scores of baselines, which attributions are to add up to the difference from.
import type { Tensor } from "@cajal/core";
import type { Network } from "../../network/network";
import { oneOf, rowsOf } from "../../network/rows";
import type { Baseline } from "../baseline";
import type { Call } from "../call";
import { layerOf, scoresOf } from "./evaluate";

/** All scores of images that are one number throughout, by the value of the scores, the number and the shape. */
const kept = new WeakMap<Network, Map<string, Float32Array>>();

/**
 * The score of each image's baseline. That of a number is the same for all images of a network: computed once.
 *
 * @param from {@link baselineOf} it
 */
export async function baselineScores(
  call: Call,
  baseline: Baseline,
  from: Tensor<"float32">,
): Promise<Float64Array> {
  if (typeof baseline !== "number") return scoresOf(call, rowsOf(from));
  const { network, scores, targets } = call;
  const ofNetwork = kept.get(network) ?? new Map<string, Float32Array>();
  kept.set(network, ofNetwork);
  const key = JSON.stringify([scores, baseline, from.shape.slice(1)]);
  const all = ofNetwork.get(key) ?? (await layerOf(call, rowsOf(oneOf(from, 0)), scores)).data;
  ofNetwork.set(key, all);
  return Float64Array.from(targets, (target) => all[target]!);
}
