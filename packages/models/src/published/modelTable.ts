// The table of the networks: counted figures next to published ones.
import { checkArgument } from "@cajal/core";
import { models } from "../networks";
import { type ModelFacts, type PublishedDepth } from "../networks/definition";
import { builtNetwork } from "../network/built";
import { resolve, type Model, type Network } from "../network/network";
import { longestPath, totalsOf, type Depth } from "../network/summary";

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
    // Of records that others made nothing is known.
    const network =
      facts && models.includes(facts)
        ? builtNetwork(facts.build())
        : resolve(facts?.build() ?? one);
    const totals = totalsOf(network);
    const { published } = facts ?? {};
    return {
      name: facts?.name ?? network.name,
      params: totals.totalParams,
      trainable: totals.trainableParams,
      nonTrainable: totals.nonTrainableParams,
      macs: totals.macs,
      size: { computed: totals.size.megabytes, published: published?.size },
      depth: {
        computed: published?.depth
          ? recount(network, totals.depth, published.depth)
          : totals.depth.layers,
        published: published?.depth?.value,
        today: totals.depth.layers,
        note: published?.depth?.note,
      },
      top1: published?.top1,
      top5: published?.top5,
      input: network.inputs[0]!.shape.slice(1),
      facts,
    };
  });
}

/** The depth as it was once counted. */
function recount(
  network: Network,
  today: Depth,
  { counts, lacked = [], had = [] }: PublishedDepth,
): number {
  if (counts !== "layers") return today.convAndDense;
  if (lacked.length + had.length === 0) return today.layers;
  const missingColumns = new Set(lacked);
  return longestPath(network, ({ layer }) => (missingColumns.has(layer.name) ? 0 : 1)) + had.length;
}

const isFacts = (value: ModelFacts | Model | string): value is ModelFacts =>
  typeof value === "object" && "build" in value;
