// torch.nn.functional.interpolate(align_corners=False) of float tensors
// (PyTorch: aten/src/ATen/native/UpSample.h, cpu/UpSampleKernel.cpp).
import { keys, triangle, type Filter } from "./filters";
import { applyTaps, gather, makeTaps, normalized, pick, type Taps } from "./taps";
import { definePixelKernel } from "./definePixelKernel";

/** Cubic is another with antialias: Pillow's. */
const antialiased: Readonly<Record<string, Filter>> = { bilinear: triangle, bicubic: keys(-0.5) };
const cubic = keys(-0.75);

const f32 = Math.fround;
/** Of two pixels that tie, results of at most 128 pixels in width and height together take another: it has two ways. */
const nearest: Readonly<Record<string, (i: number, scale: number, isSmall: boolean) => number>> = {
  nearest: (i, scale) => Math.floor(f32(i * scale)),
  "nearest-exact": (i, scale, isSmall) =>
    Math.floor(isSmall ? f32((i + 0.5) * scale) : f32(sourceIndex(i, scale) + 0.5)),
};

/** Rounded once, as its builds with fused multiply-add do. */
const sourceIndex = (i: number, scale: number): number => f32(scale * (i + 0.5) - 0.5);

export const torch = definePixelKernel({
  methods: [...Object.keys(nearest), "bilinear", "bicubic"],
  method: "nearest",
  dtypes: ["uint8", "float32"],
  antialias: Object.keys(antialiased),
  resize(source, extents, { width, height, method, antialias }) {
    const place = nearest[method];
    if (place) {
      const isSmall = width + height <= 128;
      const places = (from: number, to: number) =>
        Int32Array.from({ length: to }, (_, i) => Math.min(place(i, f32(from / to), isSmall), from - 1)); // prettier-ignore
      return pick(source, extents, places(extents.width, width), places(extents.height, height));
    }
    const taps = (from: number, to: number): Taps =>
      antialias
        ? antialiasedTaps(from, to, antialiased[method]!)
        : method === "bilinear"
          ? bilinearTaps(from, to)
          : bicubicTaps(from, to);
    return applyTaps(source, extents, taps(extents.width, width), taps(extents.height, height));
  },
});

/** In float32, which moves sums of many large values by a few thousandths. */
function antialiasedTaps(from: number, to: number, { weight, support }: Filter): Taps {
  const scale = f32(from / to);
  const stretch = Math.max(scale, 1);
  const reach = f32(support * stretch);
  const inverse = f32(1 / stretch);
  return makeTaps(to, (i) => {
    const center = f32(scale * (i + 0.5));
    const first = Math.max(Math.trunc(f32(center - reach) + 0.5), 0);
    const length = Math.min(Math.trunc(f32(center + reach) + 0.5), from) - first;
    const weights = Array.from({ length }, (_, k) => f32(weight(f32((f32(first + k - center) + 0.5) * inverse)))); // prettier-ignore
    return { first, weights: normalized(weights) };
  });
}

const bilinearTaps = (from: number, to: number): Taps =>
  makeTaps(to, (i) => {
    const p = Math.max(sourceIndex(i, f32(from / to)), 0);
    const low = Math.min(Math.trunc(p), from - 1);
    return gather([low, Math.min(low + 1, from - 1)], [1 - (p - low), p - low]);
  });

const bicubicTaps = (from: number, to: number): Taps =>
  makeTaps(to, (i) => {
    const p = sourceIndex(i, f32(from / to));
    const places = [-1, 0, 1, 2].map((k) => Math.floor(p) + k);
    return gather(
      places.map((k) => Math.min(Math.max(k, 0), from - 1)),
      places.map((k) => cubic.weight(p - k)),
    );
  });
