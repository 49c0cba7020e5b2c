// Labeled Faces in the Wild: G. B. Huang, M. Ramesh, T. Berg, E. Learned-Miller, 2007. As scikit-learn's
// fetch_lfw_people and fetch_lfw_pairs give it, picture by picture; whose numbers every eigenface course shows.
import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import {
  CajalError,
  checkInteger,
  checkNumber,
  checkArgument,
  checkOptions,
  optionsOf,
  showValue,
  tensor,
} from "@cajal/core";
import { readTar } from "@cajal/files";
import { fetchFile, ioErrors, readThrough } from "@cajal/files/node";
import { dataset, type Dataset } from "../dataset";
import { decodeImage } from "../decode/decodeImage";
import { byCodePoint } from "../folders/classFolders";
import { crop } from "../images/crop";
import { resize } from "../images/resize";
import { numpyShuffle } from "../numpyRandom";
import { pooled } from "../pooled";
import { defineSet } from "./shared/defineSet";
import { fetchingOptions, type FetchingOptions } from "./shared/fetchingOptions";

/** The official archives; the university's own host no longer answers. */
const archives = {
  /** Faces moved to one place by congealing; scikit-learn's default. */
  funneled: {
    name: "lfw-funneled.tgz",
    folder: "lfw_funneled",
    sha256: "b47c8422c8cded889dc5a13418c4bc2abbda121092b3533a83306f90d900100a",
    urls: ["https://ndownloader.figshare.com/files/5976015"],
  },
  original: {
    name: "lfw.tgz",
    folder: "lfw",
    sha256: "055f7d9c632d7370e6fb4afc7468d40f970c34a80d4c6f50ffec63f5a8d536c0",
    urls: ["https://ndownloader.figshare.com/files/5976018"],
  },
} as const;

const pairsFile = {
  name: "pairs.txt",
  sha256: "ea42330c62c92989f9d7c03237ed5d591365e89b3e649747777b70e692dc1592",
  urls: ["https://ndownloader.figshare.com/files/5976006"],
};

export interface LfwOptions extends FetchingOptions {
  /** The aligned pictures, 233 MB, the default; or the original ones, 173 MB. */
  images?: "funneled" | "original";
  /** A folder that has one folder a person, or `lfw_funneled` or `lfw` with them: nothing is fetched. */
  folder?: string;
  /** Size of the result against the part cut out: 0.5, the default, gives 62 × 47. `null` leaves 125 × 94. */
  resize?: number | null;
  /** Red, green and blue instead of grey, which is their plain mean. Default false. */
  color?: boolean;
  /** The part that is cut out: rows, then columns, from … to; `null` takes the whole. Default: the face. */
  slice?: readonly [rows: readonly [number, number], columns: readonly [number, number]] | null;
}

const lfwOptions = optionsOf<LfwOptions>({
  ...fetchingOptions,
  images: Object.keys(archives),
  folder: "string",
  resize: true,
  color: "boolean",
  slice: true,
});

export interface LfwPeopleOptions extends LfwOptions {
  /** Only people with at least this many pictures; default 0. 70 leaves seven, 1,288 pictures. */
  minFacesPerPerson?: number;
}

/**
 * Faces by the person's name, in scikit-learn's order and with its very numbers: cut out, resized as Pillow does
 * (bicubic), 0 … 1.
 *
 * x float32 `[n, 62, 47, 1]` (or 3 channels), 0 … 1; y int32 `[n]`: the person, `classes` has the names.
 *
 * @throws CajalError `io` for a folder without people; `bad-file`, `checksum-mismatch` for damaged files; and what
 *   fetchFile throws
 * @example const faces = await lfwPeople({ minFacesPerPerson: 70 });
 */
export async function lfwPeople(
  options: LfwPeopleOptions = {},
): Promise<Dataset<"float32", "int32">> {
  checkOptions("lfwPeople", options, {
    ...lfwOptions,
    minFacesPerPerson: { whole: true, least: 0 },
  });
  const { minFacesPerPerson = 0, ...rest } = options;
  const { open, face } = checked("lfwPeople", rest);
  const source = await open();
  const people = [...source.people].filter(([, files]) => files.length >= minFacesPerPerson);
  const files = people.flatMap(([, names]) => names);
  if (files.length === 0)
    throw new CajalError(
      "bad-argument",
      `lfwPeople: nobody of the ${source.people.size} people has ${minFacesPerPerson} pictures. Lower minFacesPerPerson.`,
      { minFacesPerPerson, people: source.people.size },
    );
  const classes = people.map(([name]) => name.replaceAll("_", " "));
  const labels = people.flatMap(([, names], label) => names.map(() => label));
  // scikit-learn's order, which its documented results rest on.
  const order = numpyShuffle(
    Int32Array.from(files, (_, i) => i),
    42,
  );
  const place = new Map(Array.from(order, (file, i) => [files[file]!, i]));
  const x = tensor("float32", [files.length, ...face.shape]);
  const size = x.data.length / files.length;
  await source.read(new Set(files), async (file, bytes) => {
    x.data.set(await face.of(file, bytes), place.get(file)! * size);
  });
  const y = Int32Array.from(order, (file) => labels[file]!);
  return dataset({ x, y: tensor("int32", [files.length], y), classes });
}

/** A pair of pictures of the official test. */
export interface LfwPair {
  /** Name of the person, as folders have it, and number of the picture, from 1. */
  readonly first: readonly [name: string, number: number];
  readonly second: readonly [name: string, number: number];
  readonly same: boolean;
  /** 0 … 9: which tenth of the test it belongs to. */
  readonly fold: number;
}

export interface LfwPairsOptions extends LfwOptions {
  /** The pairs; default: those of `pairs.txt` in the folder, or the official ones. */
  pairs?: readonly LfwPair[];
}

/**
 * Pairs of faces of the same person or of two, the official test of verification with its ten folds.
 *
 * x float32 `[n, 2, 62, 47, 1]`, 0 … 1; y int32 `[n]`: 0 different persons, 1 the same person.
 *
 * @returns also the pairs, whose `fold` says which tenth each belongs to
 * @throws CajalError as {@link lfwPeople}; `io` for a picture that is not there
 */
export async function lfwPairs(
  options: LfwPairsOptions = {},
): Promise<{ data: Dataset<"float32", "int32">; pairs: readonly LfwPair[] }> {
  checkOptions("lfwPairs", options, { ...lfwOptions, pairs: "array" });
  const { pairs: pairsOption, ...rest } = options;
  const { open, face } = checked("lfwPairs", rest);
  for (const pair of pairsOption ?? [])
    if (!(isPair(pair?.first) && isPair(pair.second)))
      throw new CajalError("bad-argument", `lfwPairs: got the pair ${showValue(pair)}, expected { first: [name, number], second: [name, number], same, fold }.`, { pair }); // prettier-ignore
  const pairs = pairsOption ?? (await officialPairs(rest));
  const source = await open();
  const files = pairs.flatMap((pair) =>
    [pair.first, pair.second].map(([name, number]) => {
      const file = source.people.get(name)?.[number - 1];
      if (file === undefined)
        throw new CajalError("io", `lfwPairs: there is no picture ${number} of ${name} (${source.people.get(name)?.length ?? 0} are there).`, { name, number }); // prettier-ignore
      return file;
    }),
  );
  const x = tensor("float32", [pairs.length, 2, ...face.shape]);
  const size = x.data.length / files.length;
  const places = new Map<string, number[]>();
  files.forEach((file, i) => places.set(file, [...(places.get(file) ?? []), i]));
  await source.read(new Set(files), async (file, bytes) => {
    const pixels = await face.of(file, bytes);
    for (const place of places.get(file)!) x.data.set(pixels, place * size);
  });
  const y = Int32Array.from(pairs, ({ same }) => Number(same));
  const classes = ["Different persons", "Same person"];
  return { data: dataset({ x, y: tensor("int32", [pairs.length], y), classes }), pairs };
}

/**
 * Reads `pairs.txt`: a line with the number of folds and of pairs of each kind in one, then for each fold the
 * pairs of one person (name, number, number) and those of two (name, number, name, number), between tabs.
 *
 * @throws CajalError `bad-file`
 */
export function parseLfwPairs(text: string): LfwPair[] {
  checkArgument("parseLfwPairs", "text", text, "string");
  const lines = text.split(/\r?\n/).filter((line) => line !== "");
  const header = (lines[0] ?? "").split("\t").map(Number);
  // pairsDevTrain.txt and pairsDevTest.txt have one fold and say only how many pairs.
  const [folds, each] = header.length === 2 ? header : [1, header[0]];
  const bad = (problem: string, line: number) =>
    new CajalError("bad-file", `pairs.txt: ${problem}, in line ${line + 1}.`, { line: line + 1 });
  if (!Number.isInteger(folds) || !Number.isInteger(each) || lines.length !== 1 + folds * 2 * each!) // prettier-ignore
    throw bad(`got ${lines.length} lines and the header ${JSON.stringify(lines[0] ?? "")}, expected folds and pairs of each kind in a fold`, 0); // prettier-ignore
  return lines.slice(1).map((line, i) => {
    const fields = line.split("\t");
    const same = i % (2 * each!) < each!;
    const [name, one, other, two] = fields as [string, string, string, string];
    const [first, second] = [Number(one), Number(same ? other : two)];
    if (fields.length !== (same ? 3 : 4) || !(first >= 1) || !(second >= 1))
      throw bad(`got ${JSON.stringify(line)}, expected ${same ? "name, number, number" : "name, number, name, number"}`, i + 1); // prettier-ignore
    return {
      first: [name, first],
      second: [same ? name : other, second],
      same,
      fold: Math.floor(i / (2 * each!)),
    };
  });
}

async function officialPairs(options: LfwOptions): Promise<LfwPair[]> {
  const { name, urls, sha256 } = pairsFile;
  const { folder, images: _, resize: __, color: ___, slice: ____, ...fetching } = options;
  const path =
    folder === undefined
      ? await fetchFile({ ...fetching, urls, sha256, to: join("lfw", name) })
      : join(folder, name);
  return parseLfwPairs(await ioErrors("reading", path, () => readFile(path, "utf8")));
}

/** People with their files, sorted, and what reads these, in whatever order. */
interface Pictures {
  readonly people: ReadonlyMap<string, readonly string[]>;
  read(
    names: ReadonlySet<string>,
    each: (file: string, bytes: Uint8Array) => Promise<void>,
  ): Promise<void>;
}

const isPair = (value: unknown): boolean => Array.isArray(value) && value.length === 2;

function checked(where: string, options: LfwOptions) {
  const { images = "funneled", folder, color = false, slice, ...rest } = options;
  const { resize: ratio = 0.5, ...fetching } = rest;
  if (slice && !(isPair(slice) && slice.every(isPair)))
    throw new CajalError("bad-argument", `${where}: got slice ${showValue(slice)}, expected [[row, row], [column, column]], from and to, or null.`, { where, slice }); // prettier-ignore
  if (ratio !== null) checkNumber(where, "resize", ratio, { least: 0.01, most: 10 });
  const [rows, columns] = slice === null ? [[0, 250], [0, 250]] as const : (slice ?? [[70, 195], [78, 172]]); // prettier-ignore
  for (const [name, [from, to]] of Object.entries({ rows, columns })) {
    checkInteger(where, `slice of ${name}`, from, { least: 0, most: 249 });
    checkInteger(where, `slice of ${name}`, to, { least: from + 1, most: 250 });
  }
  const part = { left: columns[0], top: rows[0], width: columns[1] - columns[0], height: rows[1] - rows[0] }; // prettier-ignore
  const size = { width: Math.trunc((ratio ?? 1) * part.width), height: Math.trunc((ratio ?? 1) * part.height) }; // prettier-ignore
  const face = {
    shape: [size.height, size.width, color ? 3 : 1],
    async of(name: string, bytes: Uint8Array): Promise<Float32Array> {
      const image = await decodeImage(bytes);
      if (image.shape[0] !== 250 || image.shape[1] !== 250)
        throw new CajalError("bad-file", `${name}: got ${image.shape[1]} × ${image.shape[0]} pixels, expected 250 × 250.`, { name }); // prettier-ignore
      const { data } = resize(crop(image, part), { ...size, method: "bicubic" });
      // Loops: `Float32Array.from` takes many times as long.
      const values = new Float32Array(color ? data.length : data.length / 3);
      if (color) for (let i = 0; i < values.length; i++) values[i] = data[i]! / 255;
      else
        for (let i = 0; i < values.length; i++)
          values[i] = (data[3 * i]! + data[3 * i + 1]! + data[3 * i + 2]!) / 765;
      return values;
    },
  };
  const open = () => (folder === undefined ? inArchive(images, fetching) : inFolder(folder));
  return { open, face };
}

async function inFolder(folder: string): Promise<Pictures> {
  for (const below of ["lfw_funneled", "lfw", ""]) {
    const root = join(folder, below);
    const entries = await readdir(root, { withFileTypes: true }).catch(() => []);
    const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    const people = new Map<string, string[]>();
    for (const name of names.sort(byCodePoint)) {
      const files = (await ioErrors("reading", join(root, name), () => readdir(join(root, name)))).filter((file) => file.endsWith(".jpg")); // prettier-ignore
      if (files.length > 0) people.set(name, files.sort(byCodePoint).map((file) => join(root, name, file))); // prettier-ignore
    }
    if (people.size === 0) continue;
    return {
      people,
      async read(wanted, each) {
        await pooled(wanted, 8, async (file) =>
          each(file, await ioErrors("reading", file, () => readFile(file))),
        );
      },
    };
  }
  throw new CajalError(
    "io",
    `lfw: the folder ${folder} has no folder of a person with .jpg files, itself or in lfw_funneled or lfw. Unpack the official archive there, or leave out "folder" to fetch it.`,
    { folder },
  );
}

/** The archive is read twice, for the names and for the pictures, and never unpacked on disk. */
async function inArchive(
  images: keyof typeof archives,
  fetching: FetchingOptions,
): Promise<Pictures> {
  const { name, folder, sha256, urls } = archives[images];
  const path = await fetchFile({ ...fetching, urls, sha256, to: join("lfw", name) });
  const { signal } = fetching;
  const pattern = new RegExp(`^${folder}/([^/]+)/\\1_\\d+\\.jpg$`);
  const through = (
    wants: (name: string) => boolean,
    each: (file: string, bytes: Uint8Array) => Promise<void>,
  ) =>
    // prettier-ignore
    readThrough(path, { gzip: true, signal }, async (pieces) => {
      for await (const member of readTar(pieces, { name: path, wants, limit: 2 ** 20 }))
        await each(member.name, member.content);
    });
  const names: string[] = [];
  await through(
    (file) => {
      if (pattern.test(file)) names.push(file);
      return false;
    },
    async () => {},
  );
  const people = new Map<string, string[]>();
  for (const file of names.sort((a, b) => byCodePoint(basename(a), basename(b)))) {
    const person = pattern.exec(file)![1]!;
    people.set(person, [...(people.get(person) ?? []), file]);
  }
  const sorted = new Map([...people].sort(([a], [b]) => byCodePoint(a, b)));
  return { people: sorted, read: (wanted, each) => through((file) => wanted.has(file), each) };
}

export const lfwFacts = defineSet({
  name: "lfw",
  title: "Labeled Faces in the Wild",
  about: "Press photographs of 5,749 people, cut to the face, 62 × 47 grey pixels unless asked.",
  splits: { all: 13_233 },
  shape: [62, 47, 1],
  files: [
    ...Object.values(archives).map(({ name, sha256, urls }) => ({ name, sha256, urls })),
    { ...pairsFile, bytes: 155_335 },
  ],
  mirrors: [],
  dead: [{ url: "http://vis-www.cs.umass.edu/lfw/", why: "the host's name is no more" }],
  licence: "research use; press photographs",
  citation: "G. B. Huang, M. Ramesh, T. Berg, E. Learned-Miller, Labeled Faces in the Wild, University of Massachusetts Amherst, 2007", // prettier-ignore
  homepage: "https://scikit-learn.org/stable/datasets/real_world.html#labeled-faces-in-the-wild-dataset", // prettier-ignore
  load: ({ folder, signal }) => lfwPeople({ ...(folder && { folder }), ...(signal && { signal }) }),
});
