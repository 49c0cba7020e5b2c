// What is known of a value before its graph is run, and the error where values do not fit.
import { CajalError, type Facts } from "@cajal/core";
import type { ElementType } from "./elementType";
import type { Container, Dim } from "./model";

export interface Inferred {
  readonly dtype: ElementType;
  readonly shape: readonly Dim[] | undefined;
  /** Where the value is not a tensor: its containers, outermost first. */
  readonly containers?: readonly Container[] | undefined;
  /**
   * What a small tensor holds, row by row, as far as known: numbers, names of free axes ("batch",
   * from Shape), undefined where unknown. This is how shapes computed inside a graph are followed.
   */
  readonly elements?: readonly Dim[] | undefined;
}

/** The error of a rule whose inputs do not fit; the node's name is put before it. */
export const badShape = (message: string, facts: Facts = {}) =>
  new CajalError("bad-shape", message, facts);
