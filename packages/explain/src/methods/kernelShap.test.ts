// Of few features all subsets are taken, and KernelSHAP's values are Shapley's.
import { functional } from "@cajal/models";
import { initialize } from "@cajal/runtime";
import { expect, it } from "vitest";
import { openExplainer } from "..";
import { numbers } from "../../testing/numbers";

it.each([1, 2, 5, 8])("is exact of %i features", async (features) => {
  const net = functional("bent");
  const input = net.input([features]);
  const hidden = net.layer("Dense", { units: 12, activation: "tanh", kernel_initializer: "random_normal" }, input); // prettier-ignore
  const bent = net.layer("Dense", { units: 12, activation: "gelu" }, hidden);
  const model = net.model([input], [net.layer("Dense", { units: 2 }, bent)]);
  await using explainer = await openExplainer(model, initialize(model, { seed: 2 }), { threads: 1 }); // prettier-ignore
  const x = numbers([3, features], 7);
  const exact = await explainer.attribute(x, { method: "shapley-values", target: 1 });
  const { map } = await explainer.attribute(x, { method: "kernel-shap", target: 1 });
  const largest = Math.max(...exact.map.data.map(Math.abs));
  exact.map.data.forEach((value, i) => expect(Math.abs(map.data[i]! - value)).toBeLessThan(1e-4 * largest)); // prettier-ignore
});
