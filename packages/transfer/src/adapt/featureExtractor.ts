// What a network sees of examples: the output of a layer, pooled.
import { checkOptions, type NamedTensors, type Tensor } from "@cajal/core";
import type { Dataset } from "@cajal/datasets";
import { resolve } from "@cajal/models";
import { open, type OpenOptions } from "@cajal/runtime";
import { featuresOf, predicted, type FeaturesData, type FeaturesOptions } from "./features";
import { checkLoaded, type LoadedModel } from "./loadedModel";
import { withHead } from "./withHead";

export interface FeatureExtractorOptions extends Pick<
  OpenOptions,
  "engine" | "device" | "threads" | "signal"
> {
  // prettier-ignore
  /** The layer whose output it is. Default: the model's output. */
  readonly layer?: string;
  /** How feature maps become features; null: all their elements. Default "avg". */
  readonly pooling?: "avg" | "max" | null;
}

/** A network as far as its features. */
export interface FeatureExtractor extends LoadedModel {
  /** How many features an example has. */
  readonly size: number;
  /** Features of a batch: x `[n, …]`, of several inputs by their names → float32 `[n, size]`. */
  extract(x: Tensor | NamedTensors): Promise<Tensor<"float32">>;
  /**
   * A data set's examples by their features, in memory, in the order of epoch 0. Batches are read and decoded while
   * the network computes; on many cores one thread decodes too slowly for it: give what `inWorkers` makes.
   */
  features(data: FeaturesData, options?: FeaturesOptions): Promise<Dataset<"float32">>;
  dispose(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Opens a network as far as its features.
 *
 * @param options.layer e.g. "conv5_block3_out"; the top is left away
 * @throws CajalError `unknown-name` (layer); as `open` does
 * @example
 * await using extractor = await featureExtractor(await pretrained("MobileNet", { include_top: false }));
 * const features = await extractor.features(images, { cache: "features" }); // train a head on these
 */
export async function featureExtractor(
  network: LoadedModel,
  options: FeatureExtractorOptions = {},
): Promise<FeatureExtractor> {
  checkLoaded("featureExtractor", network);
  checkOptions("featureExtractor", options, {
    layer: "string",
    pooling: true,
    engine: true,
    device: true,
    threads: true,
    signal: "signal",
  });
  const { layer, pooling, ...opening } = options;
  const { base } = withHead(network, {
    classes: 2, // any: the head is left out
    ...(layer !== undefined && { layer }),
    ...(pooling !== undefined && { pooling }),
  });
  const own = { ...(base.layers && { layers: base.layers }) };
  const session = await open(base.model, base.weights, { ...opening, ...own, worker: "auto" });
  const size = Number(resolve(base.model, own).outputs[0]!.shape[1]);
  const dispose = async () => session.dispose();
  return {
    ...base,
    size,
    extract: (x) => predicted(session, x),
    features: (data, options = {}) =>
      featuresOf(session, { size, of: () => partsOf(base) }, data, options),
    dispose,
    [Symbol.asyncDispose]: dispose,
  };
}

/** What tells one network from another. */
function* partsOf({ model, weights }: LoadedModel): Generator<string | Uint8Array> {
  yield JSON.stringify(model);
  for (const [key, { data }] of weights) {
    yield key;
    yield new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  }
}
