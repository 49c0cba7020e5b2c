// The sections that a report can have.
import { engines } from "./engines";
import { learning } from "./learning";
import { pca } from "./pca";
import { predictions } from "./predictions";
import type { SectionDefinition } from "./shared/defineSection";

const list = [pca, learning, predictions, engines];

/** A section's data, told apart by `type`. */
export type Section = DataOf<(typeof list)[number]>;

type DataOf<Definition> = Definition extends SectionDefinition<infer Data> ? Data : never;

// What is called with a section's data is its own definition: found by its type.
export const sectionDefinitions: readonly SectionDefinition<{ readonly type: string }>[] = list;

export const definitionOf = ({ type }: Section) =>
  sectionDefinitions.find((definition) => definition.type === type)!;
