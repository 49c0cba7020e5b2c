// Resizes an image as a library does it, to the bit where that library computes in whole numbers. Which one
// matters: a network scores what was published only on pixels made the way its training made them.
import {
  CajalError,
  checkInteger,
  checkNumber,
  checkOptions,
  optionsOf,
  showValue,
  tensor,
  unknownName,
} from "@cajal/core";
import { checkImage, extentsOf, type Image, type ImageSize } from "./image";
import { kernels } from "./kernels";

/** Whose resize: Pillow's `Image.resize`, `cv2.resize`, `tf.image.resize` (and Keras'), `torch…interpolate`. */
export type ResizeLibrary = keyof typeof kernels;

export interface ResizeOptions extends ImageSize {
  /** Default "pillow". */
  readonly like?: ResizeLibrary;
  /**
   * By the library's own name; default is the library's own default.
   *
   * - pillow: nearest, box, bilinear, hamming, bicubic (default), lanczos
   * - opencv: nearest, linear (default), cubic, area
   * - tensorflow: nearest, area, bilinear (default), bicubic, lanczos3, lanczos5, gaussian, mitchellcubic
   * - torch: nearest (default), nearest-exact, bilinear, bicubic
   */
  readonly method?: string;
  /** Whether shrinking averages over all pixels; TensorFlow and torch alone leave it open. Default: false, as theirs. */
  readonly antialias?: boolean;
  /** What to resize of the image: left, top, right, bottom in pixels, fractions allowed. Pillow alone has it. */
  readonly box?: readonly [left: number, top: number, right: number, bottom: number];
  /** Whether the last of 2 or 4 channels is alpha, by which Pillow weighs colours. Default true. */
  readonly alpha?: boolean;
}

/**
 * The image in another size, as the library would give it.
 *
 * Pillow's and OpenCV's uint8 are equal to theirs in every bit (OpenCV without Intel's IPP, which its x86
 * wheels use and which moves a few values by 1). TensorFlow's and torch's are float32, within 4e-4 on the
 * scale 0 … 255, and not clipped: bicubic and lanczos leave 0 … 255. Nearest keeps the image's own type.
 *
 * @param image `[height, width, channels]`, uint8 or, for all but Pillow, float32
 * @throws CajalError `bad-shape`, `bad-argument`, `unknown-name` (library, method)
 * @example resize(image, { width: 224, height: 224, method: "bilinear" })
 */
export function resize(image: Image, options: ResizeOptions): Image {
  checkOptions("resize", options, resizeOptions);
  const { like = "pillow", width, height, alpha = true } = options;
  if (!Object.hasOwn(kernels, like))
    throw unknownName("library to resize like", like, Object.keys(kernels));
  const kernel = kernels[like];
  const { method = kernel.method, antialias = kernel.antialias === "always" } = options;
  checkImage(`resize like ${like}`, image, kernel.dtypes);
  checkInteger("resize", "width", width, { least: 1, most: most });
  checkInteger("resize", "height", height, { least: 1, most: most });
  if (!kernel.methods.includes(method))
    throw unknownName(`resize method of ${like}`, method, kernel.methods);
  checkAntialias(like, method, antialias);
  const extents = extentsOf(image);
  if (width * height * extents.channels > 2 ** 31)
    throw new CajalError(
      "bad-argument",
      `resize: got ${width} × ${height} of ${extents.channels} channels, expected at most 2³¹ values.`,
      { width, height },
    );
  const whole = [0, 0, extents.width, extents.height] as const;
  if (options.box !== undefined) checkBox(like, options.box, extents);
  const { box = whole } = options;
  const pixels = kernel.resize(image.data, extents, {
    width,
    height,
    method,
    antialias,
    box,
    alpha,
  });
  const shape = [height, width, extents.channels];
  return pixels instanceof Uint8Array
    ? tensor("uint8", shape, pixels)
    : tensor("float32", shape, pixels);
}

const most = 2 ** 16;

/** Those that depend on each other are checked together. */
const resizeOptions = optionsOf<ResizeOptions>({
  width: true,
  height: true,
  like: true,
  method: true,
  antialias: true,
  box: true,
  alpha: "boolean",
});

function checkAntialias(like: ResizeLibrary, method: string, antialias: boolean): void {
  const byDefault = kernels[like].antialias;
  const possible =
    byDefault === "always" ? antialias : byDefault === "never" ? !antialias : !antialias || byDefault.includes(method) || method === "area" || method === "nearest"; // prettier-ignore
  if (typeof antialias !== "boolean" || !possible)
    throw new CajalError(
      "bad-argument",
      `resize: got antialias ${showValue(antialias)}, and ${like} ${byDefault === "always" ? "always averages when it shrinks" : byDefault === "never" ? "never averages when it shrinks, except by method area" : `does so for ${byDefault.join(", ")} only`}. Leave it out.`,
      { like, method, antialias },
    );
}

function checkBox(like: ResizeLibrary, box: readonly number[], { width, height }: ImageSize): void {
  if (like !== "pillow")
    throw new CajalError("bad-argument", `resize: got a box, which Pillow's resize alone takes, and like is ${like}. Use crop first.`, { like }); // prettier-ignore
  if (!Array.isArray(box) || box.length !== 4)
    throw new CajalError("bad-argument", "resize: expected box as [left, top, right, bottom].", { box }); // prettier-ignore
  const [left, top, right, bottom] = box as [number, number, number, number];
  checkNumber("resize box", "left", left, { least: 0, most: width });
  checkNumber("resize box", "top", top, { least: 0, most: height });
  checkNumber("resize box", "right", right, { least: 0, most: width });
  checkNumber("resize box", "bottom", bottom, { least: 0, most: height });
  if (!(left < right && top < bottom))
    throw new CajalError("bad-argument", `resize: got box [${box.join(", ")}], expected left < right and top < bottom.`, { box }); // prettier-ignore
}
