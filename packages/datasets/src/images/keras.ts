// What Keras users get: keras.layers.Resizing, keras.utils.load_img, image_dataset_from_directory. The three
// answer otherwise to an image of other proportions.
import { CajalError, checkInteger, checkOptions, tensor } from "@cajal/core";
import { crop, pad } from "./crop";
import { checkImage, extentsOf, type Image, type ImageSize } from "./image";
import { resize } from "./resize";

const f32 = Math.fround;

export interface ResizingOptions extends ImageSize {
  /** TensorFlow's method, default "bilinear". */
  readonly interpolation?: string;
  /** Cuts the image to the wanted proportions first, instead of distorting it. */
  readonly cropToAspectRatio?: boolean;
  /** Pads the image to the wanted proportions first, with `fillValue`. */
  readonly padToAspectRatio?: boolean;
  /** Default 0. */
  readonly fillValue?: number;
  /** Whether shrinking averages over all pixels; Keras' default is false. */
  readonly antialias?: boolean;
}

/**
 * `keras.layers.Resizing`: by TensorFlow's kernels, without antialias unless asked, as float32.
 *
 * @param image `[height, width, channels]`, 0 … 255
 * @throws CajalError `bad-argument`, `bad-shape`, `unknown-name` (interpolation)
 */
export function resizing(image: Image, options: ResizingOptions): Image<"float32"> {
  checkOptions("resizing", options, {
    width: true,
    height: true,
    interpolation: true,
    cropToAspectRatio: "boolean",
    padToAspectRatio: "boolean",
    fillValue: {},
    antialias: "boolean",
  });
  checkImage("resizing", image);
  const { width, height, interpolation = "bilinear", antialias = false, fillValue = 0 } = options;
  checkSize("resizing", options);
  if (options.cropToAspectRatio && options.padToAspectRatio)
    throw new CajalError("bad-argument", "resizing: got cropToAspectRatio and padToAspectRatio, expected one of them."); // prettier-ignore
  let from = image;
  if (options.cropToAspectRatio) from = cropToRatio(from, options);
  if (options.padToAspectRatio) from = padToRatio(toFloat(from), options, fillValue);
  return resize(toFloat(from), { like: "tensorflow", method: interpolation, width, height, antialias }) as Image<"float32">; // prettier-ignore
}

/** The largest part of the wanted proportions, in the middle (Keras' smart_resize). */
function cropToRatio(image: Image, size: ImageSize): Image {
  const { width: w, height: h } = extentsOf(image);
  const fitted = (own: number, other: number, a: number, b: number) =>
    Math.max(1, Math.min(own, Math.trunc(f32(f32(other * a) / f32(b)))));
  const height = fitted(h, w, size.height, size.width);
  const width = fitted(w, h, size.width, size.height);
  const [left, top] = [Math.trunc((w - width) / 2), Math.trunc((h - height) / 2)];
  return crop(image, { left, top, width, height });
}

/** The same on both sides: of an odd rest a pixel is lost. */
function padToRatio(image: Image, size: ImageSize, value: number): Image {
  const { width: w, height: h } = extentsOf(image);
  const border = (own: number, other: number, a: number, b: number) =>
    Math.trunc((Math.max(own, Math.trunc(f32(f32(other * a) / f32(b)))) - own) / 2);
  const rows = border(h, w, size.height, size.width);
  const columns = border(w, h, size.width, size.height);
  return pad(image, { left: columns, right: columns, top: rows, bottom: rows, value });
}

/**
 * `tf.image.resize_with_pad`, which is `image_dataset_from_directory(pad_to_aspect_ratio=True)`: resizes
 * first, into the wanted size with the image's own proportions, and fills up with zeros.
 *
 * @param options.interpolation TensorFlow's method, default "bilinear"
 * @param options.antialias whether shrinking averages over all pixels; default false
 * @throws CajalError `bad-argument`, `bad-shape`, `unknown-name` (interpolation)
 */
export function resizeWithPad(
  image: Image,
  options: ImageSize & { readonly interpolation?: string; readonly antialias?: boolean },
): Image<"float32"> {
  checkOptions("resizeWithPad", options, { width: true, height: true, interpolation: true, antialias: "boolean" }); // prettier-ignore
  checkImage("resizeWithPad", image);
  checkSize("resizeWithPad", options);
  const { width, height, interpolation = "bilinear", antialias = false } = options;
  const { width: w, height: h } = extentsOf(image);
  const ratio = Math.max(f32(w / width), f32(h / height));
  const [inner, outer] = [
    { width: f32(w / ratio), height: f32(h / ratio) },
    { width, height },
  ];
  const begin = (own: number, extent: number) =>
    Math.max(0, Math.floor(f32(f32(extent - own) / 2)));
  const [left, top] = [begin(inner.width, outer.width), begin(inner.height, outer.height)];
  const size = { width: Math.floor(inner.width), height: Math.floor(inner.height) };
  if (size.width < 1 || size.height < 1)
    throw new CajalError("bad-shape", `resizeWithPad: got an image of ${w} × ${h}, of which, in proportion, no pixel is left within ${width} × ${height}. Leave such images out, or resize them without padding, as TensorFlow refuses them, too.`, { shape: image.shape, width, height }); // prettier-ignore
  const resized = resize(toFloat(image), { like: "tensorflow", method: interpolation, antialias, ...size }); // prettier-ignore
  return pad(resized, {
    left,
    top,
    right: width - size.width - left,
    bottom: height - size.height - top,
  }) as Image<"float32">;
}

/**
 * What `keras.utils.load_img(target_size, interpolation, keep_aspect_ratio)` makes of a decoded image: by
 * Pillow, and by the nearest pixel unless said, which costs an ImageNet network 7 points.
 *
 * @param image uint8 `[height, width, channels]`
 * @param options.interpolation Pillow's method, default "nearest"
 * @param options.keepAspectRatio cuts the image to the wanted proportions first
 */
export function loadImg(
  image: Image,
  options: ImageSize & { readonly interpolation?: string; readonly keepAspectRatio?: boolean },
): Image<"uint8"> {
  checkOptions("loadImg", options, { width: true, height: true, interpolation: true, keepAspectRatio: "boolean" }); // prettier-ignore
  checkImage("loadImg", image, ["uint8"]);
  checkSize("loadImg", options);
  const { width, height, interpolation = "nearest", keepAspectRatio = false } = options;
  const { width: w, height: h } = extentsOf(image);
  const cropped = {
    height: Math.min(h, Math.floor((w * height) / width)),
    width: Math.min(w, Math.floor((h * width) / height)),
  };
  const [left, top] = [Math.floor((w - cropped.width) / 2), Math.floor((h - cropped.height) / 2)];
  const box = [left, top, left + cropped.width, top + cropped.height] as const;
  return resize(image, {
    width,
    height,
    method: interpolation,
    ...(keepAspectRatio && { box }),
  }) as Image<"uint8">;
}

const toFloat = (image: Image): Image<"float32"> =>
  tensor("float32", image.shape, Float32Array.from(image.data));

function checkSize(where: string, { width, height }: ImageSize): void {
  checkInteger(where, "width", width, { least: 1, most: 2 ** 16 });
  checkInteger(where, "height", height, { least: 1, most: 2 ** 16 });
}
