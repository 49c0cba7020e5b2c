// tf.image.resize of TensorFlow 2, which is keras.layers.Resizing, too: positions in float32, half-pixel
// centres (TensorFlow: core/kernels/image/resize_*_op.cc, scale_and_translate_op.cc).
import { gaussian, keys, lanczosOf, mitchell, triangle, type Filter } from "./filters";
import { applyTaps, gather, makeTaps, normalized, pick, type Row, type Taps } from "./taps";
import { definePixelKernel } from "./definePixelKernel";

const f32 = Math.fround;

/** All of them by scale and translate; bilinear and bicubic only with antialias. */
const filters: Readonly<Record<string, Filter>> = {
  bilinear: triangle,
  bicubic: keys(-0.5),
  lanczos3: lanczosOf(3),
  lanczos5: lanczosOf(5),
  gaussian,
  mitchellcubic: mitchell,
};

export const tensorflow = definePixelKernel({
  methods: ["nearest", "area", ...Object.keys(filters)],
  method: "bilinear",
  dtypes: ["uint8", "float32"],
  antialias: Object.keys(filters),
  resize(source, extents, { width, height, method, antialias }) {
    if (method === "nearest")
      return pick(source, extents, nearest(extents.width, width), nearest(extents.height, height));
    const taps = (from: number, to: number): Taps =>
      method === "area"
        ? makeTaps(to, (i) => area(i, from, to))
        : antialias || !Object.hasOwn(plain, method)
          ? scaleAndTranslate(from, to, filters[method]!, antialias)
          : makeTaps(to, (i) => plain[method]!(i, from, to));
    return applyTaps(source, extents, taps(extents.width, width), taps(extents.height, height));
  },
});

function nearest(from: number, to: number): Int32Array {
  const scale = f32(from / to);
  return Int32Array.from({ length: to }, (_, i) =>
    Math.min(Math.floor(f32((i + 0.5) * scale)), from - 1),
  );
}

/** Without antialias. */
const plain: Readonly<Record<string, (i: number, from: number, to: number) => Row>> = {
  bilinear(i, from, to) {
    const p = f32(f32((i + 0.5) * f32(from / to)) - 0.5);
    const low = Math.floor(p);
    const share = f32(p - low);
    return gather([Math.max(low, 0), Math.min(Math.ceil(p), from - 1)], [1 - share, share]);
  },
  // The fraction is looked up in a table of 1,024; taps outside are dropped.
  bicubic(i, from, to) {
    const p = f32(f32((i + 0.5) * f32(from / to)) - 0.5);
    const low = Math.floor(p);
    const share = halfEven(f32(p - low) * 1024) / 1024;
    const places = [low - 1, low, low + 1, low + 2].filter((k) => 0 <= k && k < from);
    const weights = places.map((k) => filters["bicubic"]!.weight(low + share - k));
    return gather(places, normalized(weights));
  },
};

/** The mean over what an output pixel covers, whose ends are float32. */
function area(i: number, from: number, to: number): Row {
  const scale = f32(from / to);
  const [low, high] = [f32(i * scale), f32((i + 1) * scale)];
  const first = Math.floor(low);
  const places = Array.from({ length: Math.ceil(high) - first }, (_, k) => first + k);
  const weights = places.map((k) => {
    if (k < low) return k + 1 > high ? scale : f32(k + 1 - low);
    return k + 1 > high ? f32(high - k) : 1;
  });
  return gather(
    places.map((k) => Math.min(k, from - 1)),
    weights.map((weight) => weight / scale),
  );
}

function scaleAndTranslate(from: number, to: number, filter: Filter, antialias: boolean): Taps {
  const inverse = f32(1 / f32(to / from));
  const stretch = antialias ? Math.max(inverse, 1) : 1;
  const reach = f32(filter.support * stretch);
  const clip = (k: number) => Math.min(Math.max(k, 0), from - 1);
  return makeTaps(to, (i) => {
    const center = f32((i + 0.5) * inverse);
    const first = clip(Math.ceil(f32(f32(center - reach) - 0.5)));
    const last = clip(Math.floor(f32(f32(center + reach) - 0.5)));
    const weights = Array.from({ length: last - first + 1 }, (_, k) =>
      filter.weight(Math.abs(f32(f32(first + k + 0.5 - center) * f32(1 / stretch)))),
    );
    return { first, weights: normalized(weights) };
  });
}

/** The nearest whole number, of two the even one. */
export function halfEven(x: number): number {
  const low = Math.floor(x);
  const rest = x - low;
  return rest < 0.5 || (rest === 0.5 && low % 2 === 0) ? low : low + 1;
}
