// What layers have in common that apply an activation, their config's, to all that they compute.
import type { Ending } from "../definition/layer";

/** The `ending` of a layer whose `activation` is the last that it does. */
export const activationEnding = (config: { readonly activation: string }): Ending => ({
  activation: config.activation,
  without: { config: { ...config, activation: "linear" } },
});
