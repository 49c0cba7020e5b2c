// The table of the networks: counted figures next to published ones.
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
 * @param list records of networks, or models in any form that `resolve` takes; default all records
 * @throws CajalError as `resolve`
 * @example modelTable([modelFacts("VGG16")])[0].params // 138357544
 */
export function modelTable(list: readonly (ModelFacts | Model | string)[] = models): ModelRow[] {
  checkArgument("modelTable", "models", list, "array");
  return list.map((one) => {
    const facts = isFacts(one) ? one : undefined;
    const model = isFacts(one) ? one.build() : one;
    const modelSummary = summary(model);
    const { published } = facts ?? {};
    return {
      name: facts?.name ?? modelSummary.name,
      params: modelSummary.totalParams,
      trainable: modelSummary.trainableParams,
      nonTrainable: modelSummary.nonTrainableParams,
      macs: modelSummary.macs,
      size: { computed: modelSummary.size.megabytes, published: published?.size },
      depth: {
        computed: published?.depth
          ? recount(model, modelSummary.depth, published.depth)
          : modelSummary.depth.layers,
        published: published?.depth?.value,
        today: modelSummary.depth.layers,
        note: published?.depth?.note,
      },
      top1: published?.top1,
      top5: published?.top5,
      input: modelSummary.inputs[0]!.slice(1),
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
  const missingColumns = new Set(lacked);
  return (
    longestPath(resolve(model), ({ layer }) => (missingColumns.has(layer.name) ? 0 : 1)) +
    had.length
  );
}

const isFacts = (value: ModelFacts | Model | string): value is ModelFacts =>
  typeof value === "object" && "build" in value;
