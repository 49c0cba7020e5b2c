// Class folders on disk as a dataset.
import { readdir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { CajalError, checkArgument } from "@cajal/core";
import { ioErrors } from "@cajal/files/node";
import type { Dataset } from "../dataset";
import { readEncoded } from "../decode/readImage";
import { classFolders, type ClassFoldersOptions } from "./classFolders";
import {
  checkImageOptions,
  imageSource,
  type EncodedImage,
  type ImageOptions,
} from "./imageSource";

/**
 * A folder with a folder for each class, `cat/1.jpg`, as Keras' `image_dataset_from_directory` or torchvision's
 * `ImageFolder` list it. Files are read when a batch is delivered. Links to folders of classes are followed, and in
 * torchvision's order those within them, too.
 *
 * x `[n, …]` as `prepare` gives it; y int32 `[n]`: the number of the class among the sorted names.
 *
 * @throws CajalError `io` for a folder that cannot be read or has no image; on delivery `bad-file`, `bad-shape`
 * @example const data = await imageFolder("flowers", { prepare: evaluation(modelFacts("MobileNet")) });
 */
export async function imageFolder<X extends "uint8" | "float32" = "uint8">(
  folder: string,
  options: ImageOptions<X> & ClassFoldersOptions = {},
): Promise<Dataset<X, "int32">> {
  checkArgument("imageFolder", "folder", folder, "string");
  checkArgument("imageFolder", "options", options, "object");
  const { order, validationSplit, subset, seed, ...decoding } = options;
  checkImageOptions("imageFolder", decoding);
  const paths: string[] = [];
  const folders: string[] = [];
  const visit = (path: string, isFolder: boolean) => {
    if (!isFolder) paths.push(path);
    else if (!path.includes("/")) folders.push(path);
  };
  await walk({ root: folder, visit, followsWithin: order === "torchvision" });
  const selection = { order, validationSplit, subset, seed, folders };
  const statedOptions = Object.fromEntries(Object.entries(selection).filter(([, value]) => value !== undefined)); // prettier-ignore
  const listed = classFolders(paths, statedOptions);
  if (listed.paths.length === 0)
    throw new CajalError(
      "io",
      `${folder}: it has ${paths.length} files in ${folders.length} folders, and none of them is an image in a folder of its class, such as cat/1.jpg.`,
      { folder, files: paths.length, folders: folders.length },
    );
  const images = listed.paths.map((path) => imageOnDisk(folder, path));
  return imageSource(images, listed.labels, decoding, listed.classes);
}

/** @param path below the folder */
export const imageOnDisk = (folder: string, path: string): EncodedImage => {
  const name = join(folder, path);
  return { name, bytes: () => readEncoded(name) };
};

interface Walk {
  readonly root: string;
  /** Whether links to folders are followed below those of classes. */
  readonly followsWithin: boolean;
  visit(path: string, isFolder: boolean): void;
}

/** @param parents the real paths of the folders that this one lies in, and of itself */
async function walk(options: Walk, below = "", parents: readonly string[] = []): Promise<void> {
  const { root, followsWithin, visit } = options;
  const here = join(root, below);
  const entries = await ioErrors("reading", here, () => readdir(here, { withFileTypes: true }));
  const around = [...parents, await realpath(here)];
  for (const entry of entries) {
    const path = below === "" ? entry.name : `${below}/${entry.name}`;
    const follows = entry.isSymbolicLink() && (below === "" || followsWithin);
    const isLinked = follows && (await leadsToFolder(join(root, path)));
    // It would never end.
    if (isLinked && around.includes(await realpath(join(root, path)))) continue;
    const isFolder = entry.isDirectory() || isLinked;
    visit(path, isFolder);
    if (isFolder) await walk(options, path, around);
  }
}

/** Not where there is nothing at the link's end. */
const leadsToFolder = (link: string): Promise<boolean> =>
  stat(link).then(
    (found) => found.isDirectory(),
    () => false,
  );
