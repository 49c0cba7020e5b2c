// Pillow's Image.rotate, to the bit (Pillow: src/libImaging/Geometry.c, PIL/Image.py).
import { CajalError, checkNumber, checkOptions, showValue, tensor } from "@cajal/core";
import { checkImage, extentsOf, fillsOf, type Image } from "../image";
import { flip } from "./flip";

export interface RotateOptions {
  /** Default "nearest", as Pillow's. */
  readonly method?: "nearest" | "bilinear";
  /** Grows the image so that all of it is there. Default false: it keeps its size. */
  readonly expand?: boolean;
  /** What is outside, default 0; one number, or one a channel, in a list or typed array. */
  readonly fill?: number | ArrayLike<number> | undefined;
}

const fixed = (value: number) => Math.floor(value * 65536 + 0.5);
const round15 = (value: number) => Number(value.toFixed(15));

/**
 * The image turned about its centre, as Pillow does.
 *
 * @param image uint8 `[height, width, channels]`
 * @param degrees counter-clockwise; 90, 180 and 270 move pixels alone where that fits
 * @throws CajalError `bad-argument`, `bad-shape`
 */
export function rotate(
  image: Image<"uint8">,
  degrees: number,
  options: RotateOptions = {},
): Image<"uint8"> {
  checkImage("rotate", image, ["uint8"]);
  checkNumber("rotate", "degrees", degrees);
  checkOptions("rotate", options, { method: true, expand: "boolean", fill: true });
  const { method = "nearest", expand = false } = options;
  if (method !== "nearest" && method !== "bilinear")
    throw new CajalError("bad-argument", `rotate: got method ${showValue(method)}, expected nearest or bilinear.`); // prettier-ignore
  const { width: w, height: h, channels } = extentsOf(image);
  const fill = fillsOf("rotate", "fill", options.fill ?? 0, image);
  // Python's remainder: of positive angles without a rounding.
  const rest = degrees % 360;
  const angle = rest < 0 ? rest + 360 : rest;
  if (angle === 0) return tensor("uint8", image.shape, image.data.slice());
  if (angle === 180) return flip(flip(image, "horizontal"), "vertical");
  if ((angle === 90 || angle === 270) && (expand || w === h)) return quarter(image, angle);

  // As math.radians multiplies.
  const t = -(angle * (Math.PI / 180));
  const [a, b] = [round15(Math.cos(t)), round15(Math.sin(t))];
  const [d, e] = [round15(-Math.sin(t)), round15(Math.cos(t))];
  let c = a * (-w / 2) + b * (-h / 2) + w / 2;
  let f = d * (-w / 2) + e * (-h / 2) + h / 2;
  let [width, height] = [w, h];
  if (expand) {
    const corners = [[0, 0], [w, 0], [w, h], [0, h]] as const; // prettier-ignore
    const xs = corners.map(([x, y]) => a * x + b * y + c);
    const ys = corners.map(([x, y]) => d * x + e * y + f);
    width = Math.ceil(Math.max(...xs)) - Math.floor(Math.min(...xs));
    height = Math.ceil(Math.max(...ys)) - Math.floor(Math.min(...ys));
    const [x, y] = [-(width - w) / 2, -(height - h) / 2];
    [c, f] = [a * x + b * y + c, d * x + e * y + f];
  }
  const out = tensor("uint8", [height, width, channels]);
  const { data: source } = image;
  const nearest = [a, b, c + a * 0.5 + b * 0.5, d, e, f + d * 0.5 + e * 0.5].map(fixed) as [number, number, number, number, number, number]; // prettier-ignore
  for (let y = 0, to = 0; y < height; y++)
    for (let x = 0; x < width; x++, to += channels) {
      if (method === "nearest") {
        // Sums may pass 2³¹ in large images: divided, not shifted.
        const column = Math.floor((nearest[2] + nearest[1] * y + nearest[0] * x) / 65536);
        const row = Math.floor((nearest[5] + nearest[4] * y + nearest[3] * x) / 65536);
        const inside = column >= 0 && column < w && row >= 0 && row < h;
        for (let k = 0; k < channels; k++)
          out.data[to + k] = inside ? source[(row * w + column) * channels + k]! : fill[k]!;
        continue;
      }
      const px = a * (x + 0.5) + b * (y + 0.5) + c;
      const py = d * (x + 0.5) + e * (y + 0.5) + f;
      if (!(px >= 0 && px < w && py >= 0 && py < h)) {
        for (let k = 0; k < channels; k++) out.data[to + k] = fill[k]!;
        continue;
      }
      const [left, top] = [Math.floor(px - 0.5), Math.floor(py - 0.5)];
      const [dx, dy] = [px - 0.5 - left, py - 0.5 - top];
      const [x0, x1] = [Math.max(left, 0), Math.min(left + 1, w - 1)];
      const upper = Math.max(top, 0) * w;
      const lower = top + 1 < h ? (top + 1) * w : upper;
      for (let k = 0; k < channels; k++) {
        const at = (row: number, column: number) => source[(row + column) * channels + k]!;
        const v1 = at(upper, x0) + (at(upper, x1) - at(upper, x0)) * dx;
        const v2 = at(lower, x0) + (at(lower, x1) - at(lower, x0)) * dx;
        out.data[to + k] = Math.trunc(v1 + (v2 - v1) * dy);
      }
    }
  return out;
}

function quarter(image: Image<"uint8">, angle: number): Image<"uint8"> {
  const { width, height, channels } = extentsOf(image);
  const out = tensor("uint8", [width, height, channels]);
  for (let y = 0; y < width; y++)
    for (let x = 0; x < height; x++) {
      const [row, column] = angle === 90 ? [x, width - 1 - y] : [height - 1 - x, y];
      for (let k = 0; k < channels; k++)
        out.data[(y * height + x) * channels + k] = image.data[(row * width + column) * channels + k]!; // prettier-ignore
    }
  return out;
}
