// The table of the networks: what is counted of each beside what was published.
import { checkArgument } from "@cajal/core";
import { models } from "../networks";
import { type ModelFacts, type PublishedDepth } from "../networks/definition";
import { resolve, type Model } from "../network/network";
import { longestPath, summary, type Summary } from "../network/summary";

export interface ModelRow {
  readonly name: string;
  readonly params: number;
  readonly trainable: number;
  readonly nonTrainable: number;
  /** Multiply-adds of one example; NaN where the input's size is free. */
  readonly macs: number;
  /** Of the weight file, in MB of 2^20 bytes. */
  readonly size: { readonly computed: number; readonly published?: number };
  readonly depth: {
    /**
     * Counted as the published figure was, in the structure of that time. Without a published figure: layers on
     * the longest path, the input among them, today.
     */
    readonly computed: number;
    readonly published?: number;
    /** Layers on the longest path of today's structure, the input among them. */
    readonly today: number;
    /** Why the three are not all the same. */
    readonly note?: string;
  };
  readonly top1?: number;
  readonly top5?: number;
  /** `[height, width, channels]`, null where free. */
  readonly input: readonly (number | null)[];
  readonly facts?: ModelFacts;
}

/**
 * One row a model, in the order given. No engine, no weights.
 *
 * @param of records of networks, or models in any form that `resolve` takes; default all records
 * @throws CajalError as `resolve`
 * @example modelTable([modelFacts("VGG16")])[0].params // 138357544
 */
export function modelTable(of: readonly (ModelFacts | Model | string)[] = models): ModelRow[] {
  checkArgument("modelTable", "models", of, "array");
  return of.map((one) => {
    const facts = isFacts(one) ? one : undefined;
    const model = isFacts(one) ? one.build() : one;
    const counted = summary(model);
    const { published } = facts ?? {};
    return {
      name: facts?.name ?? counted.name,
      params: counted.totalParams,
      trainable: counted.trainableParams,
      nonTrainable: counted.nonTrainableParams,
      macs: counted.macs,
      size: { computed: counted.size.megabytes, published: published?.size },
      depth: {
        computed: published?.depth
          ? recount(model, counted.depth, published.depth)
          : counted.depth.layers,
        published: published?.depth?.value,
        today: counted.depth.layers,
        note: published?.depth?.note,
      },
      top1: published?.top1,
      top5: published?.top5,
      input: counted.inputs[0]!.slice(1),
      facts,
    };
  });
}

/** The depth as it was once counted. */
function recount(
  model: Model | string,
  today: Summary["depth"],
  { counts, lacked = [], had = [] }: PublishedDepth,
): number {
  if (counts !== "layers") return today.convAndDense;
  if (lacked.length + had.length === 0) return today.layers;
  const gone = new Set(lacked);
  return longestPath(resolve(model), ({ layer }) => (gone.has(layer.name) ? 0 : 1)) + had.length;
}

const isFacts = (one: ModelFacts | Model | string): one is ModelFacts =>
  typeof one === "object" && "build" in one;
