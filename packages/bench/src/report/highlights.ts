// The few numbers that a reader wants first.
import type { Report } from "./report";
import { definitionOf } from "./sections";
import type { Highlight } from "./sections/shared/defineSection";

export function highlights({ sections, records }: Report): Highlight[] {
  const all = sections.flatMap(
    (section) => definitionOf(section).highlights?.(section, records) ?? [],
  );
  return [...all.filter(({ leads }) => leads), ...all.filter(({ leads }) => !leads)];
}
