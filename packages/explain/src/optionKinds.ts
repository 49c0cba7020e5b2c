// What options may be, by their names, which mean the same in every method and metric. Of others the method
// that has them says more than a kind could: it looks at them itself.
import type { OptionKind } from "@cajal/core";

const kinds: Readonly<Record<string, OptionKind>> = {
  layer: "string",
  layers: "array",
  dataFormat: ["channels_last", "channels_first"],
  maxima: ["rescale", "gradient"],
  sums: ["epsilon", "stabilizer"],
  signal: "signal",
  onProgress: "function",
  absolute: "boolean",
  bias: "boolean",
  foldNormalization: "boolean",
  multiplyByInputs: "boolean",
  normalize: "boolean",
  normalizeGradient: "boolean",
  targeted: "boolean",
  seed: { whole: true },
  alphaOfSample: "array",
  baselineOfSample: "array",
  blocks: "array",
  depths: "array",
  kept: "array",
  percentiles: "array",
  ofOptions: "object",
};

/** The kinds of options of those names. */
export const kindsOf = (names: readonly string[]): Record<string, OptionKind> =>
  Object.fromEntries(names.map((name) => [name, kinds[name] ?? true]));
