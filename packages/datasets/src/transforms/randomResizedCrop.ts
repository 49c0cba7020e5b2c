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
import { changeImages } from "./changeImages";

/**
 * Another part of each image in every epoch, of any size and proportions within bounds, resized: torchvision's
 * `RandomResizedCrop`, as networks of ImageNet are usually trained.
 *
 * @param options.width,height of the result
 * @param options.scale,ratio bounds of the part, see {@link ResizedCropOptions}
 * @param options.like,method,antialias how it is resized, see resize; default Pillow's bilinear of bytes, and
 *   torch's with antialias of float32
 * @param options.seed parts are those of `random(seed, "resizedCrop", epoch, number of the example)`
 * @throws CajalError on delivery: `bad-shape` for x other than `[n, height, width, channels]`; `unsupported` for y of each
 *   pixel, such as masks
 */
export function randomResizedCrop(
  options: ImageSize &
    ResizedCropOptions &
    Pick<ResizeOptions, "like" | "method" | "antialias"> & { readonly seed: number },
) {
  checkOptions("randomResizedCrop", options, {
    seed: true,
    width: true,
    height: true,
    scale: true,
    ratio: true,
    like: Object.keys(kernels),
    method: "string",
    antialias: "boolean",
  });
  const { seed, width, height, scale, ratio, like, method = "bilinear", antialias } = options;
  checkInteger("randomResizedCrop", "width", width, { least: 1, most: 2 ** 16 });
  checkInteger("randomResizedCrop", "height", height, { least: 1, most: 2 ** 16 });
  checkBounds("randomResizedCrop", options);
  // Which of the two it is depends on the images.
  const libraries: ResizeLibrary[] = like === undefined ? ["pillow", "torch"] : [like];
  const methods = new Set(libraries.flatMap((each) => kernels[each].methods));
  if (!methods.has(method)) throw unknownName(`resize method of ${libraries.join(" or ")}`, method, methods); // prettier-ignore
  return changeImages(
    "randomResizedCrop",
    { seed, stream: "resizedCrop", moves: true },
    (image, numbers) => {
      const bounds = { ...(scale && { scale }), ...(ratio && { ratio }) };
      const part = crop(image, resizedCropBox(extentsOf(image), numbers, bounds));
      const usual = image.dtype === "uint8" ? "pillow" : "torch";
      const averages = antialias ?? (like === undefined && usual === "torch" ? true : undefined);
      return resize(part, { width, height, method, like: like ?? usual, ...(averages !== undefined && { antialias: averages }) }); // prettier-ignore
    },
  );
}
