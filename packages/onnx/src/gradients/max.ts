import { defineGradient } from "./gradient";
import { extremumSamples, gradientOfExtremum } from "./shared/extremum";

export const max = defineGradient({
  op: "Max",
  gradient: gradientOfExtremum,
  samples: extremumSamples,
});
