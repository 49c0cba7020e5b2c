// cv2.resize: uint8 to the bit as without Intel IPP, in 11-bit fixed point, and float32
// (OpenCV: modules/imgproc/src/resize.cpp). It never widens the filter when shrinking, "area" aside.
import { applyTaps, gather, makeTaps, pick, type Taps } from "./taps";
import { halfEven } from "./tensorflow";
import { definePixelKernel } from "./definePixelKernel";

const f32 = Math.fround;

export const opencv = definePixelKernel({
  methods: ["nearest", "linear", "cubic", "area"],
  method: "linear",
  dtypes: ["uint8", "float32"],
  antialias: "never",
  resize(source, extents, { width, height, method }) {
    const { width: w, height: h } = extents;
    if (w === width && h === height) return source.slice();
    if (method === "nearest") {
      const places = (from: number, to: number) =>
        Int32Array.from({ length: to }, (_, i) => Math.min(Math.floor(i * scaleOf(from, to)), from - 1)); // prettier-ignore
      return pick(source, extents, places(w, width), places(h, height));
    }
    const shrinks = method === "area" && width <= w && height <= h;
    const halves = w === 2 * width && h === 2 * height && method !== "cubic";
    if (source instanceof Float32Array) {
      if (shrinks) return applyTaps(source, extents, areaTaps(w, width), areaTaps(h, height));
      const [columns, rows] = [
        reach(w, width, method, "columns"),
        reach(h, height, method, "rows"),
      ];
      const taps = ({ places, weights, taps }: Reach) =>
        makeTaps(places.length / taps, (i) =>
          gather(
            [...places.subarray(i * taps, (i + 1) * taps)],
            [...weights.subarray(i * taps, (i + 1) * taps)],
          ),
        );
      return applyTaps(source, extents, taps(columns), taps(rows));
    }
    if (halves) return halved(source, extents);
    if (shrinks) return means(source, extents, { width, height });
    const columns = reach(w, width, method, "columns");
    const across = passAcross(source, extents, columns);
    const rows = reach(h, height, method, "rows");
    const down = method === "cubic" ? cubicDown : linearDown;
    return down(across, width * extents.channels, rows);
  },
});

/** How many pixels one is made of, as OpenCV computes it, whose last bit decides where exact positions fall. */
const scaleOf = (from: number, to: number) => 1 / (to / from);

/** For each output position its source positions, clipped to the image, and their weights. */
interface Reach {
  readonly taps: number;
  readonly places: Int32Array;
  readonly weights: Float32Array;
}

/** Columns forget the fraction at the edge where rows repeat the edge: another rounding. */
function reach(from: number, to: number, method: string, along: "columns" | "rows"): Reach {
  const taps = method === "cubic" ? 4 : 2;
  const scale = scaleOf(from, to);
  const table = { taps, places: new Int32Array(to * taps), weights: new Float32Array(to * taps) };
  for (let i = 0; i < to; i++) {
    const p = f32((i + 0.5) * scale - 0.5);
    let left = Math.floor(p);
    let share = f32(p - left);
    if (method === "area") {
      // Enlarging, it is linear with the blend of two pixels squeezed into the output pixel between them.
      left = Math.floor(i * scale);
      const rest = f32(i + 1 - (left + 1) * (to / from));
      share = rest <= 0 ? 0 : f32(rest - Math.floor(rest));
    }
    if (method !== "cubic" && along === "columns") {
      if (left < 0) [left, share] = [0, 0];
      if (left >= from - 1) [left, share] = [from - 1, 0];
    }
    const weights = method === "cubic" ? cubicWeights(share) : [f32(1 - share), share];
    const first = method === "cubic" ? left - 1 : left;
    for (let k = 0; k < taps; k++) {
      table.places[i * taps + k] = Math.min(Math.max(first + k, 0), from - 1);
      table.weights[i * taps + k] = weights[k]!;
    }
  }
  return table;
}

/** Keys with a = −0.75, every step in float32. */
function cubicWeights(x: number): readonly number[] {
  const a = -0.75;
  const near = (t: number) => f32(f32(f32(f32(f32((a + 2) * t) - (a + 3)) * t) * t) + 1);
  const far = f32(
    f32(f32(f32(f32(f32(a * f32(x + 1)) - 5 * a) * f32(x + 1)) + 8 * a) * f32(x + 1)) - 4 * a,
  );
  const [w1, w2] = [near(x), near(f32(1 - x))];
  return [far, w1, w2, f32(f32(f32(1 - far) - w1) - w2)];
}

const fixed = ({ weights }: Reach) => Int32Array.from(weights, (w) => halfEven(f32(w * 2048)));

function passAcross(
  source: Uint8Array,
  { height, width, channels }: { height: number; width: number; channels: number },
  reach: Reach,
): Int32Array {
  const { taps, places } = reach;
  const weights = fixed(reach);
  const size = places.length / taps;
  const out = new Int32Array(height * size * channels);
  let to = 0;
  for (let y = 0; y < height; y++) {
    const line = y * width * channels;
    for (let x = 0; x < size; x++)
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (let k = x * taps; k < (x + 1) * taps; k++)
          sum = (sum + Math.imul(weights[k]!, source[line + places[k]! * channels + c]!)) | 0;
        out[to++] = sum;
      }
  }
  return out;
}

/** Four bits are dropped between the passes. */
function linearDown(across: Int32Array, length: number, reach: Reach): Uint8Array {
  const weights = fixed(reach);
  const size = reach.places.length / 2;
  const out = new Uint8ClampedArray(size * length);
  for (let y = 0; y < size; y++) {
    const [top, bottom] = [reach.places[2 * y]! * length, reach.places[2 * y + 1]! * length];
    const [w0, w1] = [weights[2 * y]!, weights[2 * y + 1]!];
    for (let x = 0; x < length; x++) {
      const upper = Math.imul(across[top + x]! >> 4, w0) >> 16;
      const lower = Math.imul(across[bottom + x]! >> 4, w1) >> 16;
      out[y * length + x] = (upper + lower + 2) >> 2;
    }
  }
  return new Uint8Array(out.buffer);
}

/** In float32, the last tap first, as OpenCV's SIMD does; what is left of a row after eights in integers. */
function cubicDown(across: Int32Array, length: number, reach: Reach): Uint8Array {
  const weights = fixed(reach);
  const scaled = Float32Array.from(weights, (w) => w * 2 ** -22);
  const size = reach.places.length / 4;
  const out = new Uint8ClampedArray(size * length);
  const eights = length - (length % 8);
  for (let y = 0; y < size; y++) {
    const [r0, r1, r2, r3] = [0, 1, 2, 3].map((k) => reach.places[4 * y + k]! * length) as [number, number, number, number]; // prettier-ignore
    const [v0, v1, v2, v3] = [0, 1, 2, 3].map((k) => scaled[4 * y + k]!) as [number, number, number, number]; // prettier-ignore
    const to = y * length;
    for (let x = 0; x < eights; x++) {
      let sum = f32(f32(across[r3 + x]!) * v3);
      sum = f32(f32(f32(across[r2 + x]!) * v2) + sum);
      sum = f32(f32(f32(across[r1 + x]!) * v1) + sum);
      sum = f32(f32(f32(across[r0 + x]!) * v0) + sum);
      // A clamped array rounds half to even and clips, as asked.
      out[to + x] = sum;
    }
    for (let x = eights; x < length; x++) {
      let sum = 1 << 21;
      for (let k = 0; k < 4; k++)
        sum = (sum + Math.imul(weights[4 * y + k]!, across[reach.places[4 * y + k]! * length + x]!)) | 0; // prettier-ignore
      out[to + x] = sum >> 22;
    }
  }
  return new Uint8Array(out.buffer);
}

/** What an output pixel covers: whole pixels, and at both ends shares of one, of which it forgets the least. */
function areaTaps(from: number, to: number): Taps {
  const scale = scaleOf(from, to);
  return makeTaps(to, (i) => {
    const low = i * scale;
    const high = low + scale;
    const cell = Math.min(scale, from - low);
    const last = Math.min(Math.floor(high), from - 1);
    const first = Math.min(Math.ceil(low), last);
    const weights = Array.from({ length: last - first }, () => f32(1 / cell));
    if (high - last > 1e-3) weights.push(f32(Math.min(high - last, 1, cell) / cell));
    if (first - low <= 1e-3) return { first, weights };
    return { first: first - 1, weights: [f32((first - low) / cell), ...weights] };
  });
}

/** Area, to fewer pixels: every step in float32, whole factors aside, of which it sums in integers. */
function means(
  source: Uint8Array,
  { height: h, width: w, channels }: { height: number; width: number; channels: number },
  { width, height }: { width: number; height: number },
): Uint8Array {
  const [columns, rows] = [areaTaps(w, width), areaTaps(h, height)];
  const [across, down] = [scaleOf(w, width), scaleOf(h, height)];
  const whole = Number.isInteger(across) && Number.isInteger(down);
  const mean = whole ? f32(1 / (across * down)) : 1;
  const weight = (taps: Taps, at: number) => (whole ? 1 : taps.weights[at]!);
  const length = width * channels;
  const out = new Uint8ClampedArray(height * length);
  const sums = new Float32Array(length);
  for (let y = 0; y < height; y++) {
    sums.fill(0);
    for (let j = 0; j < rows.count[y]!; j++) {
      const line = (rows.first[y]! + j) * w * channels;
      const share = weight(rows, y * rows.stride + j);
      for (let to = 0; to < length; to++) {
        const x = Math.floor(to / channels);
        const from = line + columns.first[x]! * channels + (to % channels);
        let sum = 0;
        for (let k = 0; k < columns.count[x]!; k++)
          sum = f32(sum + f32(source[from + k * channels]! * weight(columns, x * columns.stride + k))); // prettier-ignore
        sums[to] = sums[to]! + f32(share * sum);
      }
    }
    // A clamped array rounds half to even and clips, as asked.
    for (let to = 0; to < length; to++) out[y * length + to] = f32(sums[to]! * mean);
  }
  return new Uint8Array(out.buffer);
}

/** Linear and area to exactly half of both sides: the mean of four, rounded. */
function halved(
  source: Uint8Array,
  { height, width, channels }: { height: number; width: number; channels: number },
): Uint8Array {
  const out = new Uint8Array((height / 2) * (width / 2) * channels);
  const row = width * channels;
  let to = 0;
  for (let y = 0; y < height; y += 2)
    for (let x = 0; x < width; x += 2)
      for (let c = 0; c < channels; c++) {
        const at = y * row + x * channels + c;
        const sum = source[at]! + source[at + channels]! + source[at + row]! + source[at + row + channels]!; // prettier-ignore
        out[to++] = (sum + 2) >> 2;
      }
  return out;
}
