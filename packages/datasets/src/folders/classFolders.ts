// A folder with a folder for each class: which files are images, which class each is, in which order. Keras and
// torchvision answer differently to hidden folders and know other kinds of files.
import {
  CajalError,
  checkArgument,
  checkInteger,
  checkOptions,
  showValue,
  unknownName,
} from "@cajal/core";
import { numpyShuffle } from "../numpyRandom";

/** How a tool lists class folders. */
const orders = {
  /** `keras.utils.image_dataset_from_directory`. */
  keras: { hidden: false, extensions: /\.(bmp|gif|jpe?g|png)$/i },
  /** `torchvision.datasets.ImageFolder(allow_empty=True)`. */
  torchvision: { hidden: true, extensions: /\.(jpe?g|png|ppm|bmp|pgm|tiff?|webp)$/i },
};

export interface ClassFoldersOptions {
  /** Whose classes and files: Keras skips hidden folders, torchvision does not. Default "keras". */
  readonly order?: keyof typeof orders;
  /**
   * Keras' `validation_split`: the files are shuffled by `seed`, and the last share of them is for validation.
   * It takes `subset` and `seed`.
   */
  readonly validationSplit?: number;
  /** Which part of `validationSplit` is wanted. */
  readonly subset?: "training" | "validation";
  /** Of the shuffling before `validationSplit`. */
  readonly seed?: number;
}

export interface ClassFolders {
  /** Names of the classes, sorted; empty folders count. */
  readonly classes: readonly string[];
  /** Paths below the folder, and the number of the class of each. */
  readonly paths: readonly string[];
  readonly labels: readonly number[];
}

/**
 * The images of class folders by their paths alone: sorted by class, then by folder and name, by code points as
 * Python sorts.
 *
 * @param paths of all files below the folder, with "/": `cat/1.jpg`
 * @param options.folders names of all folders right below it, empty ones among them; default: those of the paths
 * @throws CajalError `bad-argument`, `unknown-name` (order)
 */
export function classFolders(
  paths: readonly string[],
  options: ClassFoldersOptions & { readonly folders?: readonly string[] } = {},
): ClassFolders {
  checkArgument("classFolders", "paths", paths, "array");
  checkOptions("classFolders", options, ["order", "validationSplit", "subset", "seed", "folders"]);
  const { order = "keras", validationSplit, subset, seed } = options;
  if (!Object.hasOwn(orders, order)) throw unknownName("order of class folders", order, Object.keys(orders)); // prettier-ignore
  const { hidden, extensions } = orders[order];
  const parts = paths.map((path) => {
    checkArgument("classFolders", "paths", path, "string");
    const at = path.lastIndexOf("/");
    return { path, folder: path.slice(0, Math.max(at, 0)), name: path.slice(at + 1) };
  });
  const { folders = parts.filter(({ folder }) => folder !== "").map(({ path }) => path.split("/")[0]!) } = options; // prettier-ignore
  const classes = [...new Set(folders)]
    .filter((name) => hidden || !name.startsWith("."))
    .sort(byCodePoint);
  const numbers = new Map(classes.map((name, i) => [name, i]));
  const files = parts
    .flatMap((file) => {
      const label = file.folder === "" ? undefined : numbers.get(file.path.split("/")[0]!);
      return label === undefined || !extensions.test(file.name) ? [] : [{ ...file, label }];
    })
    .sort(
      (a, b) => a.label - b.label || byCodePoint(a.folder, b.folder) || byCodePoint(a.name, b.name),
    );
  const subsetFiles = part(files, { validationSplit, subset, seed });
  return {
    classes,
    paths: subsetFiles.map(({ path }) => path),
    labels: subsetFiles.map(({ label }) => label),
  };
}

function part<T>(files: T[], options: ClassFoldersOptions): T[] {
  const { validationSplit, subset, seed } = options;
  if (validationSplit === undefined) {
    if (subset === undefined && seed === undefined) return files;
    throw new CajalError("bad-argument", "class folders: subset and seed belong to validationSplit, which is not there."); // prettier-ignore
  }
  if (!(typeof validationSplit === "number" && validationSplit > 0 && validationSplit < 1))
    throw new CajalError("bad-argument", `class folders: got ${showValue(validationSplit)} as validationSplit, expected a number between 0 and 1.`); // prettier-ignore
  if (subset !== "training" && subset !== "validation")
    throw new CajalError("bad-argument", `class folders: got subset ${showValue(subset)}, expected training or validation.`); // prettier-ignore
  checkInteger("class folders", "seed", seed, { least: 0, most: 2 ** 32 - 1 });
  const shuffled = numpyShuffle(files, seed);
  const trainingCount = files.length - Math.trunc(validationSplit * files.length);
  return subset === "training" ? shuffled.slice(0, trainingCount) : shuffled.slice(trainingCount);
}

/** As Python compares text. */
export function byCodePoint(a: string, b: string): number {
  const [left, right] = [[...a], [...b]];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const difference = left[i]!.codePointAt(0)! - right[i]!.codePointAt(0)!;
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}
