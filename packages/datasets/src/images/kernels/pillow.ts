// Pillow's Image.resize to the bit: two passes of 22-bit fixed point, rounded to uint8 between them
// (Pillow: src/libImaging/Resample.c).
import { box, hamming, keys, lanczos, triangle, type Filter } from "./filters";
import { pick } from "./taps";
import { definePixelKernel } from "./definePixelKernel";

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
    const filter = filters[method]!;
    const from = colours === undefined ? pixels : premultiplied(pixels, channels);
    const across = options.width !== width || left !== 0 || right !== options.width;
    const down = options.height !== height || top !== 0 || bottom !== options.height;
    const rows = fixedTaps(height, top, bottom, options.height, filter);
    // Of the rows only those that the second pass reads.
    const [begin, end] = down ? [rows.begin, rows.end] : [0, height];
    const columns = fixedTaps(width, left, right, options.width, filter);
    const middle = across
      ? passAcross(from.subarray(begin * width * channels), end - begin, width, channels, columns)
      : from.subarray(begin * width * channels, end * width * channels);
    const out = down ? passDown(middle, options.width * channels, rows) : middle;
    return colours === undefined ? out : divided(out, channels);
  },
});

/** Taps in fixed point. */
interface FixedTaps {
  readonly size: number;
  readonly first: Int32Array;
  readonly count: Int32Array;
  readonly stride: number;
  readonly weights: Int32Array;
  /** The source positions that are read at all. */
  readonly begin: number;
  readonly end: number;
}

function fixedTaps(n: number, from: number, to: number, size: number, filter: Filter): FixedTaps {
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

const half = 1 << 21;

function passAcross(
  source: Uint8Array,
  height: number,
  width: number,
  channels: number,
  { size, first, count, stride, weights }: FixedTaps,
): Uint8Array {
  // A clamped array would round; the sums are shifted already, and it clips them.
  const out = new Uint8ClampedArray(height * size * channels);
  let to = 0;
  for (let y = 0; y < height; y++) {
    const line = y * width * channels;
    for (let x = 0; x < size; x++) {
      const from = x * stride;
      const until = from + count[x]!;
      let at = line + first[x]! * channels;
      if (channels === 3) {
        let [r, g, b] = [half, half, half];
        for (let k = from; k < until; k++, at += 3) {
          const w = weights[k]!;
          r = (r + Math.imul(w, source[at]!)) | 0;
          g = (g + Math.imul(w, source[at + 1]!)) | 0;
          b = (b + Math.imul(w, source[at + 2]!)) | 0;
        }
        out[to] = r >> 22;
        out[to + 1] = g >> 22;
        out[to + 2] = b >> 22;
        to += 3;
      } else
        for (let c = 0; c < channels; c++, at++) {
          let sum = half;
          for (let k = from, i = at; k < until; k++, i += channels)
            sum = (sum + Math.imul(weights[k]!, source[i]!)) | 0;
          out[to++] = sum >> 22;
        }
    }
  }
  return new Uint8Array(out.buffer);
}

/** @param source rows from `begin` on */
function passDown(
  source: Uint8Array,
  length: number,
  { size, first, count, stride, weights, begin }: FixedTaps,
): Uint8Array {
  const out = new Uint8ClampedArray(size * length);
  let to = 0;
  for (let y = 0; y < size; y++) {
    const from = y * stride;
    const until = from + count[y]!;
    const top = (first[y]! - begin) * length;
    for (let x = 0; x < length; x++) {
      let sum = half;
      for (let k = from, i = top + x; k < until; k++, i += length)
        sum = (sum + Math.imul(weights[k]!, source[i]!)) | 0;
      out[to++] = sum >> 22;
    }
  }
  return new Uint8Array(out.buffer);
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
