// The sections that a report can have.
import { bubbles } from "./bubbles";
import { curves } from "./curves";
import { engines } from "./engines";
import { failures } from "./failures";
import { latency } from "./latency";
import { learning } from "./learning";
import { maps } from "./maps";
import { memory } from "./memory";
import { pca } from "./pca";
import { predictions } from "./predictions";
import { roofline } from "./roofline";
import type { SectionDefinition } from "./shared/defineSection";
import { table } from "./table";

// prettier-ignore
const list = [pca, learning, predictions, maps, engines, table, bubbles, latency, roofline, memory, curves, failures];

/** A section's data, discriminated by `type`. */
export type Section = DataOf<(typeof list)[number]>;

type DataOf<Definition> = Definition extends SectionDefinition<infer Data> ? Data : never;

// What is called with a section's data is its own definition: found by its type.
export const sectionDefinitions: readonly SectionDefinition<{ readonly type: string }>[] = list;

export const definitionOf = ({ type }: Section) =>
  sectionDefinitions.find((definition) => definition.type === type)!;
