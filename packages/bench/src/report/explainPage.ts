// The page of `cajal explain`: images with their maps side by side, legends, and metrics beside those of the map moved elsewhere.
import { figure, type Legend, type Picture } from "@cajal/explain";
import { reportStyle } from "./style";

export interface ExplainedMap {
  readonly title: string;
  readonly picture: Picture;
  readonly legend: Legend;
  readonly layer?: string | undefined;
  /** Whether the map is zero everywhere. */
  readonly zero: boolean;
  /** Of the map, and of the same map moved elsewhere. */
  readonly deletion?: readonly [number, number];
  readonly insertion?: readonly [number, number];
  readonly road?: readonly [number, number];
}

export interface ExplainedImage {
  readonly name: string;
  readonly picture: Picture;
  readonly label: string;
  readonly probability: number;
  readonly maps: readonly ExplainedMap[];
}

/** One file: no scripts, nothing loaded from elsewhere. */
export async function explainPage(
  model: string,
  images: readonly ExplainedImage[],
): Promise<string> {
  const sections = await Promise.all(images.map(sectionOf));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>What ${escaped(model)} looks at</title>
<style>${reportStyle}
.panels { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 230px), 1fr)); align-items: start; gap: 20px; }
.panels figure { padding: 14px; }
.panels table { width: 100%; margin: 10px 0 0; font-size: 0.86rem; border-collapse: collapse; }
.panels th { color: var(--soft); font-weight: 400; text-align: left; padding: 1px 0; border: 0; }
.panels td, .panels thead th { text-align: right; padding: 1px 0 1px 10px; border: 0; font-variant-numeric: tabular-nums; }
.panels .better { color: var(--good); font-weight: 600; }
.panels .worse { color: var(--bad); font-weight: 600; }
</style>
</head>
<body>
<header><p class="kicker">cajal explain</p><h1>What ${escaped(model)} looks at</h1>
<p class="lead">Red speaks for the class, blue against it; on maps that are never negative, the lighter the more. Figures
stand beside those of the same map moved elsewhere: a good map has low deletion, high insertion and high ROAD.</p></header>
${sections.join("\n")}
</body>
</html>
`;
}

async function sectionOf({ name, picture, label, probability, maps }: ExplainedImage) {
  const original = await panelOf("Image", { picture }, "");
  const panels = await Promise.all(maps.map((map) => panelOf(map.title, map, noteOn(map))));
  return `<section><h2>${escaped(name)}</h2><p>${escaped(label)}, probability ${probability.toFixed(3)}</p><div class="panels">${[original, ...panels].join("")}</div></section>`;
}

const noteOn = ({ layer, zero }: ExplainedMap) =>
  [layer === undefined ? [] : `at ${layer}`, zero ? "zero everywhere" : []].flat().join(": ");

async function panelOf(
  title: string,
  {
    picture,
    legend,
    deletion,
    insertion,
    road,
  }: Pick<ExplainedMap, "picture" | "deletion" | "insertion" | "road"> & { legend?: Legend },
  note: string,
): Promise<string> {
  const svg = await figure([{ title, picture, ...(legend && { legend }) }], { columns: 1 });
  const rows = [
    row("Deletion", deletion, (map, shiftedAuc) => map < shiftedAuc),
    row("Insertion", insertion, (map, shiftedAuc) => map > shiftedAuc),
    row("ROAD", road, (map, shiftedAuc) => map > shiftedAuc),
  ].join("");
  const head = "<thead><tr><td></td><th>map</th><th>moved</th></tr></thead>";
  const table = rows ? `<table>${head}<tbody>${rows}</tbody></table>` : "";
  return `<figure>${svg}${note ? `<figcaption>${escaped(note)}</figcaption>` : ""}${table}</figure>`;
}

function row(
  name: string,
  both: readonly [number, number] | undefined,
  better: (map: number, shiftedAuc: number) => boolean,
): string {
  if (!both) return "";
  const [map, shiftedAuc] = both;
  const kind = better(map, shiftedAuc) ? "better" : "worse";
  return `<tr><th>${name}</th><td class="${kind}">${formatted(map)}</td><td>${formatted(shiftedAuc)}</td></tr>`;
}

const formatted = (value: number) => value.toFixed(3).replace("-", "−");

const escaped = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
