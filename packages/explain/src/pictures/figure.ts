// Pictures with titles and legends, as one SVG.
import { colorMaps } from "./colorMaps";
import type { Legend } from "./overlay";
import {
  CajalError,
  checkArgument,
  checkInteger,
  checkNumber,
  checkOptions,
  unknownName,
} from "@cajal/core";
import { checkPicture, type Picture } from "./picture";
import { pngUri } from "./png";

export interface Panel {
  readonly title: string;
  readonly picture: Picture;
  readonly legend?: Legend;
}

export interface FigureOptions {
  /** Default 4. */
  readonly columns?: number;
  /** Width of a panel in CSS pixels. Default 224. */
  readonly width?: number;
}

/** Panels side by side; text in the page's colour, so that light and dark pages both do. */
export async function figure(
  panels: readonly Panel[],
  options: FigureOptions = {},
): Promise<string> {
  if (!Array.isArray(panels) || panels.length === 0)
    throw new CajalError("bad-argument", "figure: expected a list of panels, { title, picture }.");
  for (const panel of panels as readonly Panel[]) checkPanel(panel);
  checkOptions("figure", options, ["columns", "width"]);
  const { columns = 4, width = 224 } = options;
  checkInteger("figure", "columns", columns, { least: 1 });
  checkNumber("figure", "width", width, { least: 1 });
  const across = Math.min(columns, panels.length);
  const [gap, above] = [16, 22];
  const below = panels.some(({ legend }) => legend) ? 34 : 0;
  const tallest = Math.max(
    ...panels.map(({ picture }) => (width * picture.height) / picture.width),
  );
  const high = above + tallest + below;
  const cells = await Promise.all(
    panels.map(async ({ title, picture, legend }, i) => {
      const [x, y] = [(i % columns) * (width + gap), Math.floor(i / columns) * (high + gap)];
      const height = (width * picture.height) / picture.width;
      const image = `<image x="0" y="${above}" width="${width}" height="${round(height)}" style="image-rendering:pixelated" href="${await pngUri(picture)}"/>`;
      const label = `<text x="0" y="15" font-size="13" font-weight="600">${fitted(title, width)}</text>`;
      const scale = legend ? legendOf(legend, width, above + height + 8, i) : "";
      return `<g transform="translate(${x} ${round(y)})">${label}${image}${scale}</g>`;
    }),
  );
  const total = {
    width: across * (width + gap) - gap,
    height: round(Math.ceil(panels.length / columns) * (high + gap) - gap),
  };
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${total.width} ${total.height}" width="${total.width}" height="${total.height}" font-family="system-ui, sans-serif" fill="currentColor" role="img">${cells.join("")}</svg>`;
}

/** @throws CajalError `bad-argument`, `unknown-name` */
function checkPanel(panel: Panel): void {
  checkPicture("figure", panel?.picture);
  const { title, legend } = panel;
  checkArgument("figure", "title", title, "string");
  if (legend === undefined) return;
  checkArgument("figure", "legend", legend, "object");
  if (!Object.hasOwn(colorMaps, legend.colors))
    throw unknownName("colors", legend.colors, Object.keys(colorMaps));
  for (const end of ["low", "high"] as const) checkNumber("figure: legend", end, legend[end]);
}

/** A bar of the colours, and the numbers at its ends. */
function legendOf({ colors, low, high }: Legend, width: number, y: number, id: number): string {
  const map = colorMaps[colors];
  const stops = Array.from({ length: 17 }, (_, i) => {
    const t = i / 16;
    const [r, g, b] = map.at(map.signed ? 2 * t - 1 : t);
    return `<stop offset="${t}" stop-color="rgb(${r},${g},${b})"/>`;
  });
  const text = (x: number, anchor: string, value: number) =>
    `<text x="${x}" y="${round(y + 21)}" font-size="11" text-anchor="${anchor}">${formatted(value)}</text>`;
  return (
    `<defs><linearGradient id="legend${id}-${colors}">${stops.join("")}</linearGradient></defs>` +
    `<rect x="0" y="${round(y)}" width="${width}" height="8" rx="2" fill="url(#legend${id}-${colors})"/>` +
    text(0, "start", low) +
    (map.signed ? text(width / 2, "middle", 0) : "") +
    text(width, "end", high)
  );
}

const round = (value: number) => Math.round(100 * value) / 100;
const formatted = (value: number) =>
  (value === 0 ? "0" : String(Number(value.toPrecision(3)))).replaceAll("-", "−");

/** A letter of titles is about so wide. */
const letter = 7;

/** As much of a title as does not run into the next; a pointer on it is told the whole. */
function fitted(title: string, width: number): string {
  const letters = [...title];
  const most = Math.max(1, Math.floor(width / letter));
  if (letters.length <= most) return escaped(title);
  return `<title>${escaped(title)}</title>${escaped(letters.slice(0, most - 1).join(""))}…`;
}

/** What XML has no place for, such as control characters and halves of pairs, is shown as U+FFFD. */
const escaped = (text: string) =>
  text
    .replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, "\ufffd")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
