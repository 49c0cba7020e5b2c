// The page of data sets: a card of each that has a name, and a contact sheet of those whose data are at hand, embedded,
// generated, or in the cache. Run by generate.mjs:
//   node scripts/run-source.mjs apps/docs/scripts/dataSets.ts FILE.md
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import {
  contactSheet,
  movingSquares,
  sampleImages,
  shapes,
  type Dataset,
  type Image,
} from "@cajal/datasets";
import { dataSets, type DataSetFacts } from "@cajal/datasets/node";
import { encodePng, pictureOf } from "@cajal/explain";

const [file = ""] = process.argv.slice(2);

const picture = async (images: Parameters<typeof contactSheet>[0], columns: number, of: string) => {
  const sheet: Image<"uint8"> = contactSheet(images, { columns });
  const png = await encodePng(pictureOf(sheet, { pixels: [0, 255] }));
  return `<img alt="Samples of ${of}" src="data:image/png;base64,${Buffer.from(png).toString("base64")}">`;
};

async function card(facts: DataSetFacts): Promise<string> {
  const { name, title, about, splits, shape, classes, mean, std, files, mirrors, dead, notes } = facts; // prettier-ignore
  const megabytes = files.reduce((sum, { bytes = 0 }) => sum + bytes, 0) / 1e6;
  const numbers = (values: readonly number[] | undefined) => values?.map((value) => value.toFixed(4)).join(" "); // prettier-ignore
  const rows: [string, string | undefined][] = [
    ["examples", Object.entries(splits).map(([split, n]) => `${n.toLocaleString("en")} (${split})`).join(", ")], // prettier-ignore
    ["shape", shape?.join(" × ")],
    ["classes", classes && `${classes.length}: ${classes.join(", ")}`],
    ["mean, std", mean && `${numbers(mean)}, ${numbers(std)}`],
    ["to fetch", files.length === 0 ? "nothing: part of the package" : `${megabytes.toFixed(1)} MB`], // prettier-ignore
    ["mirrors", mirrors.join("<br>") || undefined],
    ["dead", dead?.map(({ url, why }) => `\`${url}\`: ${why}`).join("<br>")],
    ["notes", notes?.join("<br>")],
    ["licence", facts.licence],
    ["cite", facts.citation],
    ["see", facts.homepage],
  ];
  const sheet = await sheetOf(facts);
  const table = rows
    .filter(([, value]) => value)
    .map(
      ([key, value]) =>
        `| ${key} | ${value!.replaceAll("|", "\\|").replaceAll("<br>", "\0").replaceAll("<", "&lt;").replaceAll("\0", "<br>")} |`,
    ) // prettier-ignore
    .join("\n");
  return `## ${title} {#${name}}\n\n${about}\n\n${sheet ? `${sheet}\n\n` : ""}| \`${name}\` | |\n| --- | --- |\n${table}\n`; // prettier-ignore
}

/** Nothing is fetched for it. */
async function sheetOf(facts: DataSetFacts): Promise<string | undefined> {
  try {
    const [split] = Object.keys(facts.splits);
    const options = { ...(split && { split }), ...(facts.files.length > 0 && { offline: true }) };
    return await picture(
      await sampleImages(await facts.load(options), { count: 40 }),
      20,
      facts.title,
    );
  } catch {
    return undefined;
  }
}

async function generated(): Promise<string> {
  const films = (await movingSquares({ n: 1 }).all()).x;
  // Of one film its frames: [frames, height, width, channels].
  const [, ...frames] = films.shape;
  const rows = [
    ["shapes()", await picture(await sampleImages(shapes({ n: 20 }) as Dataset, { count: 20 }), 10, "shapes()")], // prettier-ignore
    [
      "movingSquares()",
      await picture({ ...films, shape: frames }, frames[0]!, "movingSquares(), one film"),
    ],
  ];
  return `## Generated\n\nSeeded, the same on every machine: \`twoMoons\`, \`spirals\`, \`shapes\`, \`movingSquares\`, \`tones\`, \`seasonalSeries\`.\n\n${rows.map(([name, image]) => `\`${name}\`\n\n${image}`).join("\n\n")}\n`; // prettier-ignore
}

const cards = [];
for (const facts of dataSets) cards.push(await card(facts));
mkdirSync(dirname(file), { recursive: true });
writeFileSync(
  file,
  `# Data sets\n\nWhat is known of each, as \`cajal datasets NAME\` says it; \`cajal datasets NAME --sheet FILE\` draws samples.\n\n${[...cards, await generated()].join("\n")}`, // prettier-ignore
);
