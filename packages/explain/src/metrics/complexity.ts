// How few pixels a map is about: the Gini index of |heat| + 1e-7 (Chalasani et al. 2020, arXiv:1810.06583), high where
// few are hot; and the entropy of |heat|/Σ|heat|, natural logarithm (Bhatt et al. 2020, arXiv:2005.00631), low then.
// A moved map is as sparse: the random map is noise.
import { total } from "../methods/shared/evaluate";
import { defineMetric } from "./metric";
import { beside, heatOptions, type HeatOptions } from "./shared";

export const complexity = defineMetric({
  name: "complexity",
  title: "Complexity",
  judges: { figure: "sparseness", better: "higher" },
  options: [...heatOptions],
  measure: (call, options: HeatOptions) =>
    beside(call, { ...options, control: "noise" }, (heat) => ({
      sparseness: heat.map((row) => {
        const sorted = Float64Array.from(row, (h) => Math.abs(h) + 1e-7).toSorted();
        const n = sorted.length;
        const weighted = sorted.map((value, i) => (2 * (i + 1) - n - 1) * value);
        return total(weighted) / (n * total(sorted) || 1);
      }),
      complexity: heat.map((row) => {
        const size = row.map(Math.abs);
        const sum = total(size) || 1;
        return -total(Float64Array.from(size, (h) => (h / sum) * Math.log(h / sum + 1e-12)));
      }),
    })),
});
