// Imagenette: ten easy classes of ImageNet (J. Howard, 2019, version 2), in three sizes of the short side; an archive of class
// folders. It is read through, not unpacked: what stays in memory are the encoded pictures.
import { CajalError, checkOptions, optionsOf, showValue, unknownName } from "@cajal/core";
import { readTar } from "@cajal/files";
import { fetchFile, readThrough } from "@cajal/files/node";
import { join } from "node:path";
import type { Dataset } from "../dataset";
import { checkDecoding } from "../decode/decodeImage";
import { byCodePoint } from "../folders/classFolders";
import { imageOptions, imageSource, type ImageOptions } from "../folders/imageSource";
import { defineSet } from "./shared/defineSet";
import { addressesOf, fetchingOptions, type FetchingOptions } from "./shared/fetchingOptions";

const archives = {
  160: { name: "imagenette2-160.tgz", bytes: 98_948_031, md5: "e793b78cc4c9e9a4ccc0c1155377a412", sha256: "88daccb09b6fce93f45e6c09ddeb269cce705549e6bff322092a2a5a11489863" }, // prettier-ignore
  // Of this one two builds are about; torchvision has this hash.
  320: { name: "imagenette2-320.tgz", bytes: 341_553_947, md5: "3df6f0d01a2c9592104656642f5e78a3", sha256: "5020a9130cea0348272823cb12d2db7e981c6f2afa3dce71ccd5b8013005c55e" }, // prettier-ignore
} as const;

const mirrors = ["https://s3.amazonaws.com/fast-ai-imageclas/"];

const wnids = [
  ["n01440764", "tench"],
  ["n02102040", "English springer"],
  ["n02979186", "cassette player"],
  ["n03000684", "chain saw"],
  ["n03028079", "church"],
  ["n03394916", "French horn"],
  ["n03417042", "garbage truck"],
  ["n03425413", "gas pump"],
  ["n03445777", "golf ball"],
  ["n03888257", "parachute"],
] as const;

const classes = wnids.map(([, name]) => name);
const counts = { train: 9_469, validation: 3_925 };

export interface ImagenetteOptions<X extends "uint8" | "float32">
  extends FetchingOptions, ImageOptions<X> {
  /** Default "train". */
  split?: "train" | "validation";
  /** The short side in pixels; default 160, 99 MB to fetch; 320 is 342 MB. */
  size?: 160 | 320;
  /** A folder that holds the archive: nothing is fetched or cached. */
  folder?: string;
}

const imagenetteOptions = optionsOf<ImagenetteOptions<"uint8">>({
  ...fetchingOptions,
  ...imageOptions,
  split: Object.keys(counts),
  size: true,
  folder: "string",
});

/**
 * Imagenette 2, from a folder, or fetched once and kept in the cache.
 *
 * x `[n, …]` as `prepare` gives it, which is needed: the pictures are of many sizes; y int32 `[n]`.
 *
 * @throws CajalError `io`, `bad-file`, `checksum-mismatch`; and what fetchFile throws
 * @example await imagenette({ prepare: (image) => resize(image, { width: 128, height: 128 }) })
 */
export async function imagenette<X extends "uint8" | "float32" = "uint8">(
  options: ImagenetteOptions<X> = {},
): Promise<Dataset<X, "int32">> {
  checkOptions("imagenette", options, imagenetteOptions);
  const { split = "train", size = 160, folder, channels, orientation, like, prepare, ...fetching } = options; // prettier-ignore
  if (!Object.hasOwn(archives, size)) throw unknownName("size of imagenette", showValue(size), Object.keys(archives)); // prettier-ignore
  const decoding = { ...(channels && { channels }), ...(orientation && { orientation }), ...(like && { like }), ...(prepare && { prepare }) }; // prettier-ignore
  checkDecoding("imagenette", decoding);
  const { name, bytes, sha256 } = archives[size];
  const urls = addressesOf(mirrors, name);
  const path =
    folder === undefined
      ? await fetchFile({ ...fetching, urls, size: bytes, sha256, to: join("imagenette", name) })
      : join(folder, name);
  const part = split === "train" ? "train" : "val";
  const pattern = new RegExp(`^[^/]+/${part}/(n\\d{8})/([^/]+\\.JPEG)$`);
  const members: { name: string; label: number; content: Uint8Array }[] = [];
  await readThrough(path, { gzip: true, signal: fetching.signal }, async (pieces) => {
    const wants = (member: string) => pattern.test(member);
    for await (const member of readTar(pieces, { name: path, wants, limit: 2 ** 24 })) {
      const label = wnids.findIndex(([wnid]) => wnid === pattern.exec(member.name)![1]);
      if (label < 0)
        throw new CajalError("bad-file", `${path}: got ${member.name}, which is none of the ten classes.`, { path }); // prettier-ignore
      members.push({ name: member.name, label, content: member.content });
    }
  });
  if (members.length === 0)
    throw new CajalError("bad-file", `${path}: it has no pictures in ${part}/n01440764 …. It is another archive.`, { path }); // prettier-ignore
  members.sort((a, b) => byCodePoint(a.name, b.name));
  const images = members.map(({ name, content }) => ({ name, bytes: () => content }));
  return imageSource(images, members.map(({ label }) => label), decoding, classes); // prettier-ignore
}

export const imagenetteFacts = defineSet({
  name: "imagenette",
  title: "Imagenette 2",
  about: "Ten classes of ImageNet that are easily told apart, photographs of any size.",
  splits: counts,
  classes,
  files: Object.values(archives),
  mirrors,
  licence: "Apache-2.0 for the repository; ImageNet photographs",
  citation: "J. Howard, Imagenette, 2019, github.com/fastai/imagenette",
  homepage: "https://github.com/fastai/imagenette",
  load: (options) => imagenette(options as ImagenetteOptions<"uint8">),
});
