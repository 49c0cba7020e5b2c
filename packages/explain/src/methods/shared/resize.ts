// Maps brought to another size.
import type { GraphBuilder, Value } from "@cajal/onnx";

/**
 * How a small map becomes a large one: `linear`, with the centres of pixels as their places (ONNX Resize half_pixel,
 * cv2, PyTorch's align_corners=False); `corners`, with corners aligned; `nearest`, source ⌊i · in / out⌋, in float32 as
 * PyTorch has it.
 */
export type Interpolation = "linear" | "corners" | "nearest";

/** [h, w] → [height, width]. */
export function resized(
  map: ArrayLike<number>,
  [h, w]: readonly [number, number],
  [height, width]: readonly [number, number],
  interpolation: Interpolation = "linear",
): Float64Array {
  const [ys, xs] = [places(h, height, interpolation), places(w, width, interpolation)];
  const to = new Float64Array(height * width);
  for (let y = 0; y < height; y++) {
    const { low: top, high: bottom, share: down } = ys[y]!;
    for (let x = 0; x < width; x++) {
      const { low, high, share } = xs[x]!;
      const upper = map[top * w + low]! * (1 - share) + map[top * w + high]! * share;
      const lower = map[bottom * w + low]! * (1 - share) + map[bottom * w + high]! * share;
      to[y * width + x] = upper * (1 - down) + lower * down;
    }
  }
  return to;
}

const f32 = Math.fround;

function places(from: number, to: number, interpolation: Interpolation) {
  return Array.from({ length: to }, (_, i) => {
    if (interpolation === "nearest") {
      const low = Math.min(Math.floor(f32(i * f32(from / to))), from - 1);
      return { low, high: low, share: 0 };
    }
    const at =
      interpolation === "corners"
        ? (i * (from - 1)) / Math.max(1, to - 1)
        : Math.min(Math.max(((i + 0.5) * from) / to - 0.5, 0), from - 1);
    const low = Math.floor(at);
    return { low, high: Math.min(low + 1, from - 1), share: at - low };
  });
}

/** The same in a graph: [n, h, w] → [n, height, width]. */
export function resizedIn(
  g: GraphBuilder,
  map: Value,
  [height, width]: readonly number[],
  interpolation: Interpolation = "linear",
): Value {
  const [n, h, w] = map.shape as [number, number, number];
  if (interpolation === "nearest") {
    const lows = (from: number, to: number) => g.int64s(places(from, to, "nearest").map(({ low }) => low)); // prettier-ignore
    return g.gather(g.gather(map, lows(h, height!), { axis: 1 }), lows(w, width!), { axis: 2 });
  }
  const large = g.resize(g.reshape(map, [n, 1, h, w]), {
    sizes: [n, 1, height!, width!],
    mode: "linear",
    coordinate_transformation_mode: interpolation === "linear" ? "half_pixel" : "align_corners",
  });
  return g.reshape(large, [n, height!, width!]);
}

/** pytorch-grad-cam's (m − min)/(1e-7 + max of that). */
export function scaled01(map: ArrayLike<number>, epsilon = 1e-7): Float64Array {
  let least = Infinity;
  for (let i = 0; i < map.length; i++) least = Math.min(least, map[i]!);
  const shifted = Float64Array.from(map, (value) => value - least);
  const most = shifted.reduce((a, b) => Math.max(a, b), 0);
  return shifted.map((value) => value / (epsilon + most));
}
