// From an image to a network's input, as its accuracy was measured: "the same network" on pixels made another
// way is worth up to 7 points less (squeezed to 224 × 224 by the nearest pixel, as load_img does by default).
import {
  CajalError,
  checkOptions,
  preprocessInput,
  showValue,
  tensor,
  type Preprocessing,
  type Tensor,
} from "@cajal/core";
import type { Allocate } from "../datasetTypes";
import { centerCrop } from "./crop";
import { checkImage, extentsOf, type Image } from "./image";
import { resize } from "./resize";

/** Facts of a network; `modelFacts("ResNet50")` of @cajal/models is one. */
export interface EvaluatedNetwork {
  readonly name?: string;
  /** `[height, width, channels]` of its input. */
  readonly input: readonly [height: number, width: number, channels: number];
  readonly preprocessing?: Preprocessing;
  /** The recipe of its published figures. */
  readonly measured?: { readonly shortSide: number };
}

/** A decoded image, uint8 `[height, width, 3]` → the network's input, float32 `[height, width, 3]`. */
export interface Evaluation {
  (image: Image): Tensor<"float32">;
  /** The pixels 0 … 255 before preprocessing, uint8. */
  readonly pixels: (image: Image) => Image<"uint8">;
  readonly shortSide: number;
  readonly width: number;
  readonly height: number;
  readonly preprocessing: Preprocessing;
}

/**
 * The chain under which a network's published accuracy holds: the short side to 256 (for an input of 224;
 * 341 for 299) by OpenCV's cubic resize, the middle cut out, from the smaller place where the rest is odd,
 * the network's own preprocessing. So did the author of the Keras table (keras-applications issues 88, 99). Of an input
 * that is no square, the side that is the shorter one beside the input's is resized so.
 *
 * @param network its facts: `modelFacts("ResNet50")`
 * @returns a function of a decoded image; hand it to `map` of an image folder, or call it
 * @throws CajalError `unsupported` for a network whose preprocessing is not known
 * @example const x = evaluation(modelFacts("ResNet50"))(await decodeImage(bytes)); // float32 [224, 224, 3]
 */
export function evaluation(network: EvaluatedNetwork): Evaluation {
  if (typeof network !== "object" || network === null || !Array.isArray(network.input))
    throw new CajalError(
      "bad-argument",
      `evaluation: got ${showValue(network)}, expected a network's facts${typeof network === "string" ? `: evaluation(modelFacts(${showValue(network)})), with modelFacts of @cajal/models, or evaluation of @cajal/transfer, which takes names` : ", such as modelFacts(name) of @cajal/models gives"}.`,
    );
  const { name = "this network", input, preprocessing, measured } = network;
  const [height, width, channels] = input;
  if (preprocessing === undefined || channels !== 3)
    throw new CajalError(
      "unsupported",
      `evaluation: of ${name} nobody has published how pixels become its input${channels === 3 ? "" : `, which has ${channels} channels`}. Resize and rescale as it was trained.`,
      { name, input },
    );
  // 256 for 224, 341 for 299: the same share of the image for every size.
  const { shortSide = Math.floor((Math.min(width, height) * 256) / 224) } = measured ?? {};
  // The sides of what is resized, were it of the input's proportions.
  const [wide, high] = [width, height].map((extent) => Math.floor((extent * shortSide) / Math.min(width, height))) as [number, number]; // prettier-ignore
  const pixels = (image: Image): Image<"uint8"> => {
    checkImage(`evaluation of ${name}`, image, ["uint8"]);
    const { width: w, height: h, channels } = extentsOf(image);
    if (channels !== 3)
      throw new CajalError("bad-shape", `evaluation of ${name}: got an image of ${channels} channels, expected red, green and blue.`, { shape: image.shape }); // prettier-ignore
    const size =
      w * high <= h * wide
        ? { width: wide, height: Math.floor((h * wide) / w) }
        : { width: Math.floor((w * high) / h), height: high };
    const resized = resize(image, { like: "opencv", method: "cubic", ...size });
    return centerCrop(resized, { width, height }) as Image<"uint8">;
  };
  const chain = (image: Image) => preprocessInput(pixels(image), preprocessing);
  return Object.assign(chain, { pixels, shortSide, width, height, preprocessing });
}

/**
 * Images of one size as a batch, `[n, height, width, channels]`.
 *
 * @param options.tensor makes it, as a source's `read` has it
 */
export function stackImages<I extends Image>(
  images: readonly I[],
  options: { tensor?: Allocate } = {},
): I {
  checkOptions("stackImages", options, { tensor: "function" });
  const first = Array.isArray(images) ? images[0] : undefined;
  if (first === undefined)
    throw new CajalError("bad-argument", `stackImages: got ${showValue(images)}, expected an array of images, at least one.`); // prettier-ignore
  for (const image of images) checkImage("stackImages", image);
  const out = (options.tensor ?? tensor)(first.dtype, [images.length, ...first.shape]);
  images.forEach((image, i) => {
    if (image.dtype !== first.dtype || image.shape.join() !== first.shape.join())
      throw new CajalError("bad-shape", `stackImages: image ${i} is ${image.dtype} [${image.shape.join(",")}], the first ${first.dtype} [${first.shape.join(",")}], expected all alike. Resize them first.`, { index: i }); // prettier-ignore
    (out.data as Uint8Array).set(image.data as Uint8Array, i * first.data.length);
  });
  return out as I;
}
