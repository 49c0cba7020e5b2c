// Images that a user has picked in a browser: `<input type="file" webkitdirectory>`, or anything dropped.
import { CajalError, checkArgument } from "@cajal/core";
import type { Dataset } from "../dataset";
import { classFolders, type ClassFoldersOptions } from "./classFolders";
import { checkImageOptions, imageSource, type ImageOptions } from "./imageSource";

/**
 * Class folders as a dataset, from the files of a folder that a user has picked: each file's class is the folder
 * below the picked one in which it lies.
 *
 * x `[n, …]` as `prepare` gives it; y int32 `[n]`.
 *
 * @param files as `input.files` has them (with `webkitRelativePath`), or by their paths: `cat/1.jpg`
 * @throws CajalError `bad-argument` where there is no image in a class folder; on delivery `bad-file`, `bad-shape`
 * @example const data = imageFiles(input.files, { prepare: (image) => resize(image, { width: 64, height: 64 }) });
 */
export function imageFiles<X extends "uint8" | "float32" = "uint8">(
  files: Iterable<File> | ReadonlyMap<string, Blob>,
  options: ImageOptions<X> & ClassFoldersOptions = {},
): Dataset<X, "int32"> {
  checkArgument("imageFiles", "files", files, "iterable");
  checkArgument("imageFiles", "options", options, "object");
  const { order, validationSplit, subset, seed, ...decoding } = options;
  checkImageOptions("imageFiles", decoding);
  const blobs = new Map<string, Blob>();
  for (const each of files as Iterable<File | [string, Blob]>) {
    const [path, blob] = Array.isArray(each) ? each : [pickedPath(each), each];
    if (typeof path !== "string" || !(blob instanceof Blob))
      throw new CajalError("bad-argument", "imageFiles: expected files as input.files has them, or a map from paths to Blobs."); // prettier-ignore
    blobs.set(path, blob);
  }
  const selection = { order, validationSplit, subset, seed };
  const statedOptions = Object.fromEntries(Object.entries(selection).filter(([, value]) => value !== undefined)); // prettier-ignore
  const { classes, paths, labels } = classFolders([...blobs.keys()], statedOptions);
  if (paths.length === 0)
    throw new CajalError(
      "bad-argument",
      `imageFiles: got ${blobs.size} files, and none of them is an image in a folder of its class, such as cat/1.jpg.`,
      { files: blobs.size },
    );
  const images = paths.map((name) => ({ name, bytes: () => blobs.get(name)! }));
  return imageSource(images, labels, decoding, classes);
}

/** Without the picked folder's own name. */
const pickedPath = (file: File): string =>
  (file?.webkitRelativePath ?? "").replace(/^[^/]*\//, "") || file?.name;
