import type { Attribute, Node } from "../model/model";

/** A node of ONNX' own operators with one output, by which it is named. */
export const operation = (
  op: string,
  inputs: readonly string[],
  output: string,
  attributes: Readonly<Record<string, Attribute>> = {},
): Node => ({ op, domain: "", name: `${output}/${op}`, inputs, outputs: [output], attributes });
