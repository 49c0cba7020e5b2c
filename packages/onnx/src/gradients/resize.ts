import { CajalError, tensor } from "@cajal/core";
import { alongAxis, matrix, transpose, type Matrix } from "./shared/alongAxis";
import { defineGradient, type GradientContext } from "./gradient";
import { knownShape } from "./shared/sumTo";

const scales = (...values: number[]) => tensor("float32", [values.length], values);
const sizes = (...values: number[]) => tensor("int64", [values.length], values);
const none = tensor("float32", [0], []);

export const resize = defineGradient({
  op: "Resize",
  // Interpolation is a linear map along each axis, y = M x; its gradient is dx = Mᵀ dy.
  gradient: ([dy], context, g) => {
    const from = knownShape(context.inputs[0]!, "of Resize");
    const to = knownShape(dy!, "of Resize");
    const given = context.constant(2);
    const exact =
      given && given.data.length === from.length ? Array.from(given.data, Number) : undefined;
    return [
      from.reduce((dx, extent, axis) => {
        if (to[axis] === extent) return dx;
        const scale = exact?.[axis] ?? to[axis]! / extent;
        return alongAxis(g, dx, axis, transpose(interpolation(context, extent, to[axis]!, scale)));
      }, dy!),
    ];
  },
  samples: [
    { inputs: [[1, 2, 3, 4], none, scales(1, 1, 2, 2)] },
    {
      inputs: [[1, 2, 3, 4], none, scales(1, 1, 2, 3)],
      attributes: {
        mode: "nearest",
        coordinate_transformation_mode: "asymmetric",
        nearest_mode: "floor",
      },
    },
    { inputs: [[1, 2, 3, 4], none, scales(1, 1, 2, 2)], attributes: { mode: "linear" } },
    {
      inputs: [[1, 2, 5, 4], none, undefined, sizes(1, 2, 3, 7)],
      attributes: { mode: "linear", coordinate_transformation_mode: "align_corners" },
    },
    {
      inputs: [[1, 2, 3, 4], none, scales(1, 1, 2, 2)],
      attributes: { mode: "linear", coordinate_transformation_mode: "asymmetric" },
    },
    { inputs: [[1, 2, 4, 4], none, scales(1, 1, 2, 2)], attributes: { mode: "cubic" } },
  ].map((sample) => ({ ...sample, float32: true as const })),
});

/** The matrix M [to, from] of an axis, after the ONNX specification of Resize. */
function interpolation(context: GradientContext, from: number, to: number, scale: number): Matrix {
  const { string, float, node } = context;
  const m = matrix(to, from);
  const mode = string("mode", "nearest");
  const coordinates = string("coordinate_transformation_mode", "half_pixel");
  const at = (y: number): number => {
    switch (coordinates) {
      case "half_pixel":
        return (y + 0.5) / scale - 0.5;
      case "pytorch_half_pixel":
        return to > 1 ? (y + 0.5) / scale - 0.5 : 0;
      case "asymmetric":
        return y / scale;
      case "align_corners":
        return to > 1 ? (y * (from - 1)) / (to - 1) : 0;
      default:
        throw new CajalError(
          "unsupported",
          `node "${node.name}" (Resize): coordinate_transformation_mode ${JSON.stringify(coordinates)} has no gradient. Known: half_pixel, pytorch_half_pixel, asymmetric, align_corners.`,
          { node: node.name, op: "Resize" },
        );
    }
  };
  const add = (y: number, x: number, weight: number) => {
    const inside = Math.max(0, Math.min(from - 1, x));
    m.values[y * from + inside]! += weight;
  };
  const nearest = (x: number): number => {
    switch (string("nearest_mode", "round_prefer_floor")) {
      case "floor":
        return Math.floor(x);
      case "ceil":
        return Math.ceil(x);
      case "round_prefer_ceil":
        return Math.round(x);
      default:
        return Math.ceil(x - 0.5);
    }
  };
  const a = float("cubic_coeff_a", -0.75);
  for (let y = 0; y < to; y++) {
    const x = at(y);
    const low = Math.floor(x);
    const t = x - low;
    if (mode === "nearest") add(y, nearest(x), 1);
    else if (mode === "linear") {
      add(y, low, 1 - t);
      add(y, low + 1, t);
    } else
      // Keys' cubic convolution (1981), support 4.
      [t + 1, t, 1 - t, 2 - t].forEach((d, i) => {
        const weight =
          d <= 1 ? ((a + 2) * d - (a + 3)) * d * d + 1 : ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
        add(y, low - 1 + i, weight);
      });
  }
  return m;
}
