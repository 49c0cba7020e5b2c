// A section of a report: its data, how that is checked when it comes from a file, and how it looks.
import type { BenchRecord } from "../../../measure/record";
import type { Markup } from "../../plots/markup";
import type { Rule } from "../../rules";

/** What a section may draw besides its own data. */
export interface Drawing {
  /** Of the whole report. */
  readonly records: readonly BenchRecord[];
  /** An element's id that is unique on the page: the name itself where that is free. */
  id(name: string): string;
}

/** A number that a reader wants first, and what it is. */
export interface Highlight {
  value: string;
  text: string;
  /** Comes before those of other sections. */
  leads?: boolean;
}

export interface SectionDefinition<Data extends { readonly type: string }> {
  readonly type: Data["type"];
  /** Complains of data that is not as the type says. */
  readonly check: Rule;
  /** Of the page, once; the section reads as well without it. */
  readonly script?: string;
  highlights?(section: Data, records: readonly BenchRecord[]): Highlight[];
  html(section: Data, drawing: Drawing): Markup;
  markdown(section: Data, drawing: Pick<Drawing, "records">): string;
}

/** Types a section's record by its data. */
export const defineSection = <Data extends { readonly type: string }>(
  definition: SectionDefinition<Data>,
): SectionDefinition<Data> => definition;
