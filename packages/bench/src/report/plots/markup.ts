// SVG and HTML as text: elements nest as function calls, and everything that is not an element
// is escaped.

/** A key that no JSON can have: what was read from a file is never taken for markup. */
const markup = Symbol("markup");

/** Markup that is already escaped. */
export interface Markup {
  readonly [markup]: string;
}

/** Text of our own as markup, as it is. */
export const trusted = (text: string): Markup => ({ [markup]: text });

export type Child = Markup | string | number | undefined | readonly Child[];

type Attributes = Readonly<Record<string, string | number | undefined>>;

/** An element, e.g. `el("p", { class: "note" }, "5 < 7")`; attributes that are undefined are left out. */
export function el(name: string, attributes: Attributes = {}, ...children: Child[]): Markup {
  const attributeText = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${escape(show(value!))}"`)
    .join("");
  // Void elements of HTML have no end tag; SVG's and all others do.
  if (voids.has(name)) return trusted(`<${name}${attributeText}>`);
  return trusted(`<${name}${attributeText}>${render(children)}</${name}>`);
}

/** Children as text. */
export function render(child: Child): string {
  if (child === undefined) return "";
  if (typeof child === "string") return escape(child);
  if (typeof child === "number") return show(child);
  if (markup in child) return child[markup];
  return child.map(render).join("");
}

/**
 * An SVG figure that fills its place's width, with a name and a description for who cannot see it.
 *
 * @param id unique on the page
 */
export function figure(
  {
    id,
    width,
    height,
    title,
    description,
  }: { id: string; width: number; height: number; title: string; description: string },
  ...children: Child[]
): Markup {
  return el(
    "svg",
    {
      viewBox: `0 0 ${show(width)} ${show(height)}`,
      role: "img",
      "aria-labelledby": `${id}-title ${id}-desc`,
    },
    el("title", { id: `${id}-title` }, title),
    el("desc", { id: `${id}-desc` }, description),
    ...children,
  );
}

const voids = new Set(["meta", "link", "br", "hr", "col", "img"]);

/** Coordinates to a hundredth: finer is not seen. */
const show = (value: string | number): string =>
  typeof value === "string" ? value : String(Math.round(value * 100) / 100);

const escape = (text: string): string =>
  text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
