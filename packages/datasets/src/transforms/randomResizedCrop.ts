import { checkInteger, checkOptions, unknownName } from "@cajal/core";
import {
  checkBounds,
  resizedCropBox,
  type ResizedCropOptions,
} from "../images/augment/resizedCropBox";
import { crop } from "../images/crop";
import { extentsOf, type ImageSize } from "../images/image";
import { kernels } from "../images/kernels";
import { resize, type ResizeLibrary, type ResizeOptions } from "../images/resize";
import { changeImages, pixelLabels, type PixelLabels } from "./changeImages";

/**
 * Another part of each image in every epoch, of any size and proportions within bounds, resized: torchvision's
 * `RandomResizedCrop`, as networks of ImageNet are usually trained.
 *
 * @param options.width,height of the result
 * @param options.scale,ratio bounds of the part, see {@link ResizedCropOptions}
 * @param options.like,method,antialias how it is resized, see resize; default Pillow's bilinear of bytes, and
 *   torch's with antialias of float32
 * @param options.seed parts are those of `random(seed, "resizedCrop", epoch, number of the example)`
 * @param options.y what y of each pixel are, see {@link PixelLabels}
 * @throws CajalError on delivery: `bad-shape` for x other than `[n, height, width, channels]`; `unsupported` for y of each
 *   pixel, unless `y` says what they are
 */
export function randomResizedCrop(
  options: ImageSize &
    ResizedCropOptions &
    Pick<ResizeOptions, "like" | "method" | "antialias"> &
    Pick<PixelLabels, "y"> & { readonly seed: number },
) {
  checkOptions("randomResizedCrop", options, {
    y: pixelLabels.y,
    seed: true,
    width: true,
    height: true,
    scale: true,
    ratio: true,
    like: Object.keys(kernels),
    method: "string",
    antialias: "boolean",
  });
  const { seed, width, height, scale, ratio, like, method = "bilinear", antialias, y } = options;
  checkInteger("randomResizedCrop", "width", width, { least: 1, most: 2 ** 16 });
  checkInteger("randomResizedCrop", "height", height, { least: 1, most: 2 ** 16 });
  checkBounds("randomResizedCrop", options);
  // Which of the two it is depends on the images.
  const libraries: ResizeLibrary[] = like === undefined ? ["pillow", "torch"] : [like];
  const methods = new Set(libraries.flatMap((each) => kernels[each].methods));
  if (!methods.has(method)) throw unknownName(`resize method of ${libraries.join(" or ")}`, method, methods); // prettier-ignore
  return changeImages(
    "randomResizedCrop",
    { seed, stream: "resizedCrop", moves: { y } },
    (image, numbers, role) => {
      const bounds = { ...(scale && { scale }), ...(ratio && { ratio }) };
      const part = crop(image, resizedCropBox(extentsOf(image), numbers, bounds));
      if (role === "mask")
        return resize(part, { width, height, like: "torch", method: "nearest-exact" });
      const usual = image.dtype === "uint8" ? "pillow" : "torch";
      const averages = antialias ?? (like === undefined && usual === "torch" ? true : undefined);
      return resize(part, { width, height, method, like: like ?? usual, ...(averages !== undefined && { antialias: averages }) }); // prettier-ignore
    },
  );
}
