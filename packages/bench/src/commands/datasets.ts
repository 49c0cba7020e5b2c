// cajal datasets: facts about each data set, where its files are, and downloading them.
import { join } from "node:path";
import { CajalError } from "@cajal/core";
import { contactSheet, sampleImages } from "@cajal/datasets";
import { dataSetFacts, dataSets, type DataSetFacts } from "@cajal/datasets/node";
import { encodePng, pictureOf } from "@cajal/explain";
import { cacheFolder, writeWhole } from "@cajal/files/node";
import type { Context } from "../context";
import { whole } from "../text/format";
import { textTable } from "../text/tables";
import { defineCommand } from "./shared/defineCommand";
import { argument, choice, text } from "./shared/parameters";

const actions = ["card", "get", "where"] as const;

export const datasets = defineCommand({
  name: "datasets",
  examples: [
    ["cajal datasets", "all of them"],
    ["cajal datasets mnist", "what is known of one: files, mirrors, classes, licence"],
    ["cajal datasets mnist get", "fetches and checks it"],
    ["cajal datasets mnist where", "where its files lie"],
    ["cajal datasets mnist --sheet digits.png", "a contact sheet of the first hundred samples"],
  ],
  arguments: {
    name: argument("which data set"),
    action: choice("what to do", actions, { default: "card" }),
  },
  options: {
    sheet: text(
      "<file>",
      "writes the first hundred samples as one PNG, fetching what is not there",
    ),
    folder: text("<folder>", "where the files of --sheet lie, if not in the cache"),
  },
  run: (context, { name, action, sheet, folder }) =>
    sheet === undefined ? act(context, name, action) : writeSheet(context, name, { sheet, folder }),
});

async function act(
  context: Context,
  name: string | undefined,
  action: (typeof actions)[number],
): Promise<void> {
  if (name === undefined) return list(context);
  const facts = dataSetFacts(name);
  const { output, progress, signal } = context;
  const folder = join(cacheFolder(), name);
  if (action === "where") {
    const files = facts.files.map((file) => join(folder, file.name));
    output.document({ name, folder, files });
    output.text(files.length === 0 ? `${name} is part of the package` : files.join("\n"));
    return;
  }
  if (action === "get") {
    const sizes: Record<string, number> = {};
    for (const split of Object.keys(facts.splits)) {
      progress.say(`${facts.title}: ${split}`);
      sizes[split] = (await facts.load({ split, signal })).size;
    }
    output.document({ name, folder, sizes });
    const counts = Object.entries(sizes).map(([split, size]) => `${split} ${whole(size)}`); // prettier-ignore
    output.text(`${facts.title}: ${counts.join(", ")}${facts.files.length > 0 ? `, in ${folder}` : ""}`); // prettier-ignore
    return;
  }
  const { load: _load, ...card } = facts;
  output.document(card);
  output.text(cardOf(facts));
}

/** Samples of the first split, as one image. */
async function writeSheet(
  { output, progress, signal }: Context,
  name: string | undefined,
  { sheet, folder }: { sheet: string; folder: string | undefined },
): Promise<void> {
  if (name === undefined)
    throw new CajalError("bad-argument", "datasets: --sheet wants the name of a data set: cajal datasets digits --sheet digits.png"); // prettier-ignore
  const facts = dataSetFacts(name);
  const [split] = Object.keys(facts.splits);
  progress.say(`${facts.title}: ${split}`);
  const data = await facts.load({ signal, ...(split && { split }), ...(folder && { folder }) });
  const images = await sampleImages(data, { count: 100, signal });
  const { shape, ...picture } = contactSheet(images);
  await writeWhole(sheet, await encodePng(pictureOf({ ...picture, shape }, { pixels: [0, 255] })));
  output.document({ name, split, samples: images.shape[0], file: sheet });
  output.text(`${sheet}: ${images.shape[0]} samples of ${facts.title}`);
}

function list({ output }: Context): void {
  const rows = dataSets.map(({ name, title, splits, shape, classes, files }) => [
    name,
    splitSizes(splits),
    shape?.join("×") ?? "any",
    String(classes?.length ?? "–"),
    megabytes(files.reduce((sum, { bytes = 0 }) => sum + bytes, 0)),
    title,
  ]);
  output.document(dataSets.map(({ load: _load, ...facts }) => facts));
  output.text(textTable(["name", "examples", "shape", "classes", "to fetch", "what"], rows));
}

function cardOf(facts: DataSetFacts): string {
  const { title, about, splits, shape, classes, mean, std, files, mirrors, dead, notes } = facts;
  const lines: [string, string | undefined][] = [
    ["examples", splitSizes(splits)],
    ["shape", shape?.join(" × ")],
    ["classes", classes && `${classes.length}: ${classes.slice(0, 12).join(", ")}${classes.length > 12 ? ", …" : ""}`], // prettier-ignore
    ["mean", mean?.map((value) => value.toFixed(4)).join(" ")],
    ["std", std?.map((value) => value.toFixed(4)).join(" ")],
    ["files", files.map(({ name, bytes }) => `${name}${bytes === undefined ? "" : ` (${megabytes(bytes)})`}`).join(", ") || "none, it is part of the package"], // prettier-ignore
    ["mirrors", mirrors.join("\n            ") || undefined],
    ["dead", dead?.map(({ url, why }) => `${url}: ${why}`).join("\n            ")],
    ["notes", notes?.join("\n            ")],
    ["licence", facts.licence],
    ["cite", facts.citation],
    ["see", facts.homepage],
  ];
  const rows = lines.filter(([, value]) => value !== undefined);
  return `${title}\n${about}\n\n${rows.map(([key, value]) => `  ${key.padEnd(10)}${value}`).join("\n")}`; // prettier-ignore
}

const splitSizes = (splits: Readonly<Record<string, number>>) =>
  Object.values(splits).map(whole).join(" + ");

const megabytes = (bytes: number) => (bytes === 0 ? "–" : `${(bytes / 1e6).toFixed(1)} MB`);
