// Pillow's Image.resize to the bit: two passes of 22-bit fixed point, rounded to uint8 between them
// (Pillow: src/libImaging/Resample.c).
import { box, hamming, keys, lanczos, triangle, type Filter } from "./filters";
import { pick } from "./taps";
import { definePixelKernel } from "./definePixelKernel";
import { resample, type FixedTaps } from "./resample";

const filters: Readonly<Record<string, Filter>> = {
  box,
  bilinear: triangle,
  hamming,
  bicubic: keys(-0.5),
  lanczos,
};

export const pillow = definePixelKernel({
  methods: ["nearest", ...Object.keys(filters)],
  method: "bicubic",
  dtypes: ["uint8"],
  antialias: "always",
  resize(source, { height, width, channels }, { method, ...options }) {
    const pixels = source as Uint8Array;
    const [left, top, right, bottom] = options.box.map(Math.fround) as [
      number,
      number,
      number,
      number,
    ];
    const whole = left === 0 && top === 0 && right === width && bottom === height;
    if (whole && options.width === width && options.height === height) return pixels.slice();
    if (method === "nearest")
      return pick(
        pixels,
        { width, channels },
        nearest(options.width, left, right),
        nearest(options.height, top, bottom),
      );
    const colours = (channels === 2 || channels === 4) && options.alpha ? channels - 1 : undefined;
    const from = colours === undefined ? pixels : premultiplied(pixels, channels);
    const across = options.width !== width || left !== 0 || right !== options.width;
    const down = options.height !== height || top !== 0 || bottom !== options.height;
    const columns = across ? fixedTaps(width, left, right, options.width, method) : undefined;
    const rows = down ? fixedTaps(height, top, bottom, options.height, method) : undefined;
    const size = { height, width, channels };
    // Image.resize has a rule of its own for high and narrow pictures: down first.
    const highFirst = height > 100 * width && options.height < height;
    const out = highFirst
      ? resample(resample(from, size, undefined, rows), { ...size, height: options.height }, columns, undefined) // prettier-ignore
      : resample(from, size, columns, rows);
    return colours === undefined ? out : divided(out, channels);
  },
});

/** Tables of the pairs of sizes used last: images of a set have few, and making one costs a tenth of a resize. */
const recent = new Map<string, FixedTaps>();
const mostKernels = 64;

function fixedTaps(n: number, from: number, to: number, size: number, method: string): FixedTaps {
  const key = [n, from, to, size, method].join();
  const cached = recent.get(key);
  if (cached) return cached;
  const computed = makeFixedTaps(n, from, to, size, filters[method]!);
  // Of images with thousands of pixels a side tables are large, and soon forgotten.
  if (computed.weights.length <= 2 ** 16) {
    recent.set(key, computed);
    if (recent.size > mostKernels) recent.delete(recent.keys().next().value!);
  }
  return computed;
}

function makeFixedTaps(
  n: number,
  from: number,
  to: number,
  size: number,
  filter: Filter,
): FixedTaps {
  const scale = Math.fround(to - from) / size;
  const stretch = Math.max(scale, 1);
  const reach = filter.support * stretch;
  const stride = Math.ceil(reach) * 2 + 1;
  const [first, count] = [new Int32Array(size), new Int32Array(size)];
  const weights = new Int32Array(size * stride);
  const row = new Float64Array(stride);
  let [begin, end] = [n, 0];
  for (let i = 0; i < size; i++) {
    const center = from + (i + 0.5) * scale;
    const least = Math.max(0, Math.trunc(center - reach + 0.5));
    const most = Math.min(n, Math.trunc(center + reach + 0.5));
    let sum = 0;
    for (let k = 0; k < most - least; k++) {
      row[k] = filter.weight((k + least - center + 0.5) * (1 / stretch));
      sum += row[k]!;
    }
    for (let k = 0; k < most - least; k++) {
      const weight = sum === 0 ? row[k]! : row[k]! / sum;
      weights[i * stride + k] = Math.trunc(weight * 2 ** 22 + (weight < 0 ? -0.5 : 0.5));
    }
    first[i] = least;
    count[i] = most - least;
    begin = Math.min(begin, least);
    end = Math.max(end, most);
  }
  return { size, first, count, stride, weights, begin, end };
}

/** The position is added up, not multiplied, and so drifts as Pillow's does. */
function nearest(size: number, from: number, to: number): Int32Array {
  const scale = (to - from) / size;
  const places = new Int32Array(size);
  let x = from + scale * 0.5;
  for (let i = 0; i < size; i++, x += scale) places[i] = Math.trunc(x);
  return places;
}

/** Colours times alpha, the last channel. */
function premultiplied(source: Uint8Array, channels: number): Uint8Array {
  const out = new Uint8Array(source.length);
  for (let i = 0; i < source.length; i += channels) {
    const alpha = source[i + channels - 1]!;
    for (let c = 0; c < channels - 1; c++) {
      const t = source[i + c]! * alpha + 128;
      out[i + c] = ((t >> 8) + t) >> 8;
    }
    out[i + channels - 1] = alpha;
  }
  return out;
}

function divided(source: Uint8Array, channels: number): Uint8Array {
  const out = source.slice();
  for (let i = 0; i < out.length; i += channels) {
    const alpha = out[i + channels - 1]!;
    if (alpha === 0 || alpha === 255) continue;
    for (let c = 0; c < channels - 1; c++)
      out[i + c] = Math.min(255, Math.trunc((255 * out[i + c]!) / alpha));
  }
  return out;
}
