// Describes networks: size, parameters, depth, cost, published accuracy. No engine is loaded.
import { type Model, modelFacts, models, modelTable, type ModelRow } from "@cajal/models";

/** A row as JSON: computed values and published figures. */
export interface TableRow {
  name: string;
  /** Shape of one example, null where free. */
  input: readonly (number | null)[];
  params: number;
  trainable: number;
  non_trainable: number;
  /** Size of Keras' weights file, or of the ONNX file itself, in units of 2²⁰ bytes. */
  size_mb: number;
  published_size_mb?: number;
  /** Counted as the published figure was; layers on the longest path where none was published. */
  depth: number;
  published_depth?: number;
  depth_note?: string;
  /** Multiply-adds of one example; null where the input's size is free. */
  macs: number | null;
  /** Published top-1 accuracy on ImageNet's validation set, 0–1. */
  published_top1?: number;
  published_top5?: number;
}

/**
 * Describes networks.
 *
 * @param of names ("ResNet50", "resnet50") or models in any form that Keras writes; default: all
 *   networks that Cajal builds
 * @throws CajalError `unknown-name`; `bad-model` for a config that is not well formed
 * @example table(["lenet5"])[0].params // 61706
 */
export const table = (
  of: readonly (string | Model)[] = models.map(({ name }) => name),
): TableRow[] =>
  modelTable(of.map((one) => (typeof one === "string" ? modelFacts(one) : one))).map(flatten);

function flatten(row: ModelRow): TableRow {
  return {
    name: row.name,
    input: row.input,
    params: row.params,
    trainable: row.trainable,
    non_trainable: row.nonTrainable,
    size_mb: row.size.computed,
    published_size_mb: row.size.published,
    depth: row.depth.computed,
    published_depth: row.depth.published,
    depth_note: row.depth.note,
    macs: Number.isFinite(row.macs) ? row.macs : null,
    published_top1: row.top1,
    published_top5: row.top5,
  };
}
