// What a call of a layer does besides giving its output, and so even where no loss depends on that.
import { layersWithin, type Network } from "@cajal/models";

type Call = Network["calls"][number];

/** Whether training moves averages in it. */
export const normalizes = ({ inner }: Call): boolean =>
  [inner, ...layersWithin(inner)].some(({ definition }) => definition.infersWhenFrozen);

/** Whether training reads its weights for a penalty, in the layout that the call has them. */
export const hasPenalties = ({ layer }: Call): boolean =>
  layer.weights.some(({ regularizer }) => regularizer);

/** Whether its outputs add to the loss. */
export const regularizes = ({ layer, inner }: Call): boolean =>
  [layer, ...layersWithin(inner)].some(({ activityRegularizer }) => activityRegularizer);

/** Whether it differentiates what is before it, for which all extents must be known, that of the batch too. */
export const differentiates = ({ inner }: Call): boolean => inner.definition.sources !== undefined;
