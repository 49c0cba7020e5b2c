// How what a network looks at changes while it learns: chosen images' maps, epoch after epoch.
import { CajalError, checkArgument, checkInteger, checkOptions, type Tensor, type Weights } from "@cajal/core"; // prettier-ignore
import type { Model } from "@cajal/models";
import { withInitializers, type OnnxModel } from "@cajal/onnx";
import type { Explainer } from "./explainer";
import type { Attribution, AttributeOptions } from "./methods/attribution";
import { openExplainer, type ExplainerOptions } from "./openExplainer";
import { figure } from "./pictures/figure";
import { overlay, pictureOf } from "./pictures/overlay";

export type MapHistoryOptions = ExplainerOptions & {
  /** The method with its options, as for `attribute`. Default: `{ method: "grad-cam" }`. */
  readonly of?: AttributeOptions;
  /** Draws every so many epochs, the first among them. Default 1. */
  readonly every?: number;
};

/** What is read of an epoch's event of `train()` or `fineTune()`. */
export interface EpochLike {
  /** From 0. */
  readonly epoch: number;
  weights(): Promise<Weights>;
}

/** The maps after one epoch. */
export interface HistoryFrame extends Attribution {
  readonly epoch: number;
  /** The probability of each image's class. */
  readonly probabilities: readonly number[];
}

export interface MapHistory {
  readonly frames: readonly HistoryFrame[];
  /** Computes the images' maps with the epoch's weights. */
  add(event: EpochLike): Promise<void>;
  /** An SVG: a row for each image, the image first, then its maps by epoch. */
  figure(): Promise<string>;
}

/**
 * Computes maps of chosen images after every epoch of a training run.
 *
 * @param model that is trained: a Keras config, or an ONNX graph
 * @param images [n, h, w, c], as the network takes them
 * @throws CajalError as `openExplainer` and `attribute`
 * @example
 * const history = mapHistory(model, images, { of: { method: "grad-cam", target: [3, 5] } });
 * for await (const event of train(model, data, options))
 *   if (event.type === "epoch") await history.add(event);
 * await writeFile("maps.svg", await history.figure());
 */
export function mapHistory(
  model: Model | OnnxModel,
  images: Tensor,
  options: MapHistoryOptions = {},
): MapHistory {
  checkArgument("mapHistory", "model", model, "object");
  checkArgument("mapHistory", "images", images, "object");
  checkOptions("mapHistory", options, ["of", "every", "engine", "device", "threads", "layers", "dataFormat", "memory"]); // prettier-ignore
  const { of = { method: "grad-cam" }, every = 1, ...opening } = options;
  checkInteger("mapHistory", "every", every, { least: 1 });
  const frames: HistoryFrame[] = [];
  const open = (weights: Weights): Promise<Explainer> =>
    "graph" in model
      ? openExplainer(withInitializers(model, weights), opening)
      : openExplainer(model, weights, opening);

  return {
    frames,
    async add({ epoch, weights }) {
      if (epoch % every !== 0) return;
      await using explainer = await open(await weights());
      const attribution = await explainer.attribute(images, of);
      const scores = await explainer.scores(images, { output: "probability" });
      const classes = scores.shape[1]!;
      const probabilities = attribution.targets.map(
        (target, i) => scores.data[i * classes + target]!,
      );
      frames.push({ ...attribution, epoch, probabilities });
    },
    async figure() {
      if (frames.length === 0)
        throw new CajalError("bad-argument", "mapHistory: no epoch was added, so there is nothing to draw."); // prettier-ignore
      const last = opening.dataFormat !== "channels_first";
      const one = images.shape.length === 3;
      const image = last ? images : channelsLast(one ? { ...images, shape: [1, ...images.shape] } : images); // prettier-ignore
      const rows = frames[0]!.targets.map((_, index) => [
        { title: "Image", picture: pictureOf(image, { index }) },
        ...frames.map(({ epoch, map, probabilities }) => ({
          title: `Epoch ${epoch + 1}: ${probabilities[index]!.toFixed(2)}`,
          ...overlay(last ? map : channelsLast(map), image, { index }),
        })),
      ]);
      return figure(rows.flat(), { columns: frames.length + 1, width: 128 });
    },
  };
}

/** [n, c, h, w] → [n, h, w, c]; what has fewer axes as it is. */
function channelsLast(array: Tensor): Tensor {
  if (array.shape.length !== 4) return array;
  const [n, c, h, w] = array.shape as [number, number, number, number];
  const data = new Float32Array(array.data.length);
  for (let i = 0; i < data.length; i++) {
    const [image, channel, pixel] = [Math.floor(i / (c * h * w)), Math.floor(i / (h * w)) % c, i % (h * w)]; // prettier-ignore
    data[(image * h * w + pixel) * c + channel] = Number(array.data[i]);
  }
  return { dtype: "float32", shape: [n, h, w, c], data };
}
