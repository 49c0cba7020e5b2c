// Pieces of a page that several sections draw.
import { el, type Markup } from "../../plots/markup";

export const plot = (svg: Markup, caption: string): Markup =>
  el("figure", {}, svg, el("figcaption", {}, caption));

export const tableRow = (cell: "td" | "th", ...values: string[]): Markup =>
  el(
    "tr",
    {},
    values.map((value) => el(cell, cell === "th" ? { scope: "col" } : {}, value)),
  );

export const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
