// Inputs whose numbers are looked up in a table.
import type { ResolveOptions } from "../keras/registry";
import { resolve, type Model, type Network } from "./network";

/** An input of whole numbers, each the index of a row. */
export interface IndexInput {
  /** Its name. */
  readonly input: string;
  /** The number of rows: indices are 0 … rows − 1, or, counted from the end, −1 … −rows. */
  readonly rows: number;
  /** The layer that looks them up. */
  readonly layer: string;
}

/**
 * The inputs that layers look up in tables, at once or behind layers that only move elements.
 *
 * @throws CajalError as `resolve`
 */
export function indexInputs(model: Model, options: ResolveOptions = {}): readonly IndexInput[] {
  const { calls, inputs } = resolve(model, options);
  return calls.flatMap(({ inner, inputs: [x], layer }): IndexInput[] => {
    const rows = inner.definition.indices?.(inner.config);
    if (rows === undefined) return [];
    let value = x;
    for (let call = value?.call; call && movesOnly(call); call = value?.call) [value] = call.inputs;
    return value && inputs.includes(value) ? [{ input: value.from, rows, layer: layer.path }] : [];
  });
}

const movesOnly = ({ inner, inputs }: Network["calls"][number]): boolean =>
  inputs.length === 1 &&
  inner.definition.integers?.(inner.config) === "moves" &&
  inner.definition.gives === undefined;
