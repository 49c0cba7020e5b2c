// What was published of a network that a record names.
import { type ModelFacts, models } from "@cajal/models";

const plain = (name: string) => name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");

/** Nothing for files and networks of one's own. */
export const factsOf = (model: string): ModelFacts | undefined =>
  models.find(({ name }) => plain(name) === plain(model));

/** As Keras writes it. */
export const displayName = (model: string): string => factsOf(model)?.name ?? model;
