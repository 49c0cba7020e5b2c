// What one may choose of a new head, on a Keras model or on a graph.
import { CajalError, optionsOf } from "@cajal/core";

export interface HeadOptions {
  /** Number of classes of the head; or `labels`. */
  readonly classes?: number;
  /** Their names. */
  readonly labels?: readonly string[] | undefined;
  /** The layer whose output the head reads. Default: the model's own output. */
  readonly layer?: string;
  /** How feature maps become features; null: all their elements. Default "avg". */
  readonly pooling?: "avg" | "max" | null;
  /** Share of the features dropped in training. Default 0.2, as in Keras' guide to transfer learning. */
  readonly dropout?: number;
  /** Of the classifier's initial weights, default 0. */
  readonly seed?: number;
}

/** Poolings have an error of their own, which lists them. */
export const headOptions = optionsOf<HeadOptions>({
  classes: { whole: true, least: 2 },
  labels: "strings",
  layer: "string",
  pooling: true,
  dropout: { least: 0, most: 0.99 },
  seed: { whole: true },
});

/** @throws CajalError `bad-argument` where there is not a name for each class */
export function checkLabels(
  where: string,
  { classes, labels }: Pick<HeadOptions, "labels"> & { readonly classes?: number | undefined },
): void {
  if (!labels || classes === undefined || labels.length === classes) return;
  throw new CajalError("bad-argument", `${where}: got ${labels.length} labels for ${classes} classes.`); // prettier-ignore
}
