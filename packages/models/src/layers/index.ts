// Every layer, and what their configs are.
import type { DescribedConfig } from "./definition/commonConfig";
import type { Layer } from "./definition/layer";
import * as list from "./list";

type Listed = (typeof list)[keyof typeof list];

/** Every layer, by file. */
export const layers: readonly Layer[] = Object.values(list);

/** Configs by class name, as one writes them. */
export type LayerConfigs = {
  readonly [L in Listed as L["className"]]: DescribedConfig<L["fields"]>;
};
