// Lists of whole numbers that shape an operator's output: axes, extents, pads.
import { tensor } from "@cajal/core";
import { unknowns, type Dims } from "../../model/dims";
import type { InferenceContext } from "../operator";

/** A list that is an input in newer and an attribute in older operator sets; undefined entries are unknown. */
export function listOf(node: InferenceContext, input: number, attribute: string): Dims {
  const value = node.inputs[input];
  if (!value) return node.ints(attribute);
  return value.elements ?? unknowns(value.shape?.length === 0 ? 1 : value.shape?.[0]);
}

/** An int64 input of a sample. */
export const int64s = (...values: number[]) => tensor("int64", [values.length], values);
