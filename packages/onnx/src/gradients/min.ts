import { defineGradient } from "./gradient";
import { extremumSamples, gradientOfExtremum } from "./shared/extremum";

export const min = defineGradient({
  op: "Min",
  gradient: gradientOfExtremum,
  samples: extremumSamples,
});
