// Operators that scale images: Resize, and Upsample before it.
import { tensor } from "@cajal/core";
import { axesOf, axisOf, show, type Dims } from "../model/dims";
import type { Dim } from "../model/model";
import type { NodeWriter, Value } from "./method";
import { badShape, defineOperator, type ExamplesContext } from "./operator";
import { alongFirst } from "./shared/examples";
import { floats, optionalNumbers, type Flag, type Numbers } from "./shared/arguments";
import { int64s, listOf } from "./shared/lists";

export interface ResizeAttributes {
  /** A factor for each axis of `axes`. */
  readonly scales?: Value | readonly number[];
  /** An extent for each axis of `axes`. */
  readonly sizes?: Numbers;
  readonly axes?: readonly number[];
  readonly mode?: "nearest" | "linear" | "cubic";
  readonly coordinate_transformation_mode?: string;
  readonly nearest_mode?: string;
  readonly cubic_coeff_a?: number;
  readonly exclude_outside?: Flag;
  readonly extrapolation_value?: number;
  readonly antialias?: Flag;
  readonly keep_aspect_ratio_policy?: string;
}

/** Extents times scales, floored: Resize and Upsample. */
function scaled(shape: readonly Dim[], scales: Dims): Dim[] {
  return shape.map((extent, i) => {
    const scale = scales?.[i];
    if (scale === 1) return extent;
    return typeof extent === "number" && typeof scale === "number"
      ? Math.floor(extent * scale)
      : undefined;
  });
}

/** Whether the first axis stays as it is. */
function keepsFirstAxis(node: ExamplesContext): boolean {
  const { inputs, opset } = node;
  const at = node.ints("axes")?.map((axis) => axisOf(axis, inputs[0].shape!.length)).indexOf(0) ?? 0; // prettier-ignore
  if (at < 0) return true;
  const isCropped = node.string("coordinate_transformation_mode", "half_pixel") === "tf_crop_and_resize"; // prettier-ignore
  if (isCropped || node.string("keep_aspect_ratio_policy", "stretch") !== "stretch") return false;
  const scales = (opset < 11 ? inputs[1] : inputs[2])?.elements;
  return scales?.length ? scales[at] === 1 : inputs[3]?.elements?.[at] === inputs[0].shape![0];
}

export const resize = defineOperator({
  op: "Resize",
  methods: {
    resize: (g: NodeWriter, x: Value, { scales, sizes, ...attributes }: ResizeAttributes) =>
      g.op("Resize", [x, undefined, floats(g, scales), optionalNumbers(g, sizes)], attributes),
  },
  settings: [1, 2],
  examples: (node) => (keepsFirstAxis(node) ? alongFirst(node) : undefined),
  since: 10,
  inputs: [1, 4],
  outputs: [1, 1],
  types: ["number", "float:roi", "float32", "int64"],
  attributes: {
    antialias: "int",
    axes: "ints",
    coordinate_transformation_mode: "string",
    cubic_coeff_a: "float",
    exclude_outside: "int",
    extrapolation_value: "float",
    keep_aspect_ratio_policy: "string",
    mode: "string",
    nearest_mode: "string",
  },
  choices: {
    mode: ["nearest", "linear", "cubic"],
    coordinate_transformation_mode: [
      "half_pixel",
      "half_pixel_symmetric",
      "pytorch_half_pixel",
      "align_corners",
      "asymmetric",
      "tf_half_pixel_for_nn",
      "tf_crop_and_resize",
    ],
    nearest_mode: ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"],
    keep_aspect_ratio_policy: ["stretch", "not_larger", "not_smaller"],
  },
  infer: (node) => {
    const { dtype, shape } = node.inputs[0];
    if (!shape) return [{ dtype, shape: undefined }];
    const statedAxes = node.ints("axes");
    // ONNX Runtime keeps the extents of such axes.
    if (statedAxes?.some((axis) => axis < 0))
      throw badShape(`axes [${statedAxes.join()}]: expected axes from 0 on.`);
    const axes = axesOf(statedAxes ?? shape.map((_, i) => i), shape.length, shape);
    const mode = node.string("mode", "nearest");
    const antialias = node.int("antialias", 0) !== 0;
    if (antialias && mode === "nearest")
      throw badShape("antialias goes with mode linear or cubic, not nearest.");
    if (
      node.int("exclude_outside", 0) !== 0 &&
      mode !== "cubic" &&
      !(mode === "linear" && antialias)
    )
      throw badShape(`exclude_outside goes with mode cubic, not ${mode}.`);
    // In opset 10 the scales were input 1. An empty tensor counts as none.
    const at = node.opset < 11 ? 1 : 2;
    const perAxis = (i: number, name: string) => {
      const value = node.inputs[i];
      if (!value || value.shape?.[0] === 0) return undefined;
      const statedFactors = listOf(node, i, name) ?? axes.map(() => undefined);
      if (statedFactors.length !== axes.length)
        throw badShape(
          `${name} ${show(statedFactors)}: expected ${axes.length} numbers for ${show(shape)}.`,
        );
      return statedFactors;
    };
    const scales = perAxis(at, "scales");
    const sizes = perAxis(3, "sizes");
    if (!scales && !sizes) throw badShape("neither scales nor sizes are given.");
    for (const [name, each] of [
      ["scales", scales],
      ["sizes", sizes],
    ] as const)
      // prettier-ignore
      if (each?.some((x, i) => typeof x === "number" && !(x > 0) && shape[axes[i]!] !== 0))
        throw badShape(`${name} ${show(each)}: expected numbers above 0.`);
    if (sizes) {
      const policy = node.string("keep_aspect_ratio_policy", "stretch");
      const result = [...shape];
      const ratios = axes.map((axis, i) => {
        const [size, extent] = [sizes[i], shape[axis]];
        return typeof size === "number" && typeof extent === "number" ? size / extent : NaN;
      });
      const ratio = policy === "not_larger" ? Math.min(...ratios) : Math.max(...ratios);
      axes.forEach((axis, i) => {
        const extent = shape[axis];
        result[axis] =
          policy === "stretch"
            ? sizes[i]
            : typeof extent === "number" && !Number.isNaN(ratio)
              ? Math.round(extent * ratio)
              : undefined;
      });
      return [{ dtype, shape: result }];
    }
    const fullFactors = shape.map((): Dim => 1);
    axes.forEach((axis, i) => (fullFactors[axis] = scales?.[i]));
    return [{ dtype, shape: scaled(shape, fullFactors) }];
  },
  samples: [
    { inputs: [[1, 2, 3, 4], undefined, tensor("float32", [4], [1, 1, 2, 1.6])] },
    {
      inputs: [[1, 2, 3, 4], undefined, undefined, int64s(1, 2, 7, 5)],
      attributes: { mode: "linear", coordinate_transformation_mode: "align_corners" },
    },
    {
      inputs: [[1, 2, 3, 4], undefined, undefined, int64s(7, 5)],
      attributes: { axes: [2, 3], mode: "cubic" },
    },
    {
      inputs: [[1, 2, 3, 4], undefined, undefined, int64s(7, 5)],
      attributes: { axes: [2, 3], keep_aspect_ratio_policy: "not_larger" },
    },
    {
      inputs: [[1, 2, 4, 4], undefined, tensor("float32", [2], [0.5, 0.6])],
      attributes: { axes: [2, 3] },
    },
  ],
});

/** Gone from opset 10 on. */
export const upsample = defineOperator({
  op: "Upsample",
  until: 9,
  inputs: [1, 2],
  outputs: [1, 1],
  types: ["any", "float32"],
  attributes: { height_scale: "float", mode: "string", scales: "floats", width_scale: "float" },
  // bilinear: the first version's word
  choices: { mode: ["nearest", "linear", "bilinear"] },
  infer: (node) => {
    const { dtype, shape } = node.inputs[0];
    const attribute = node.attribute("scales");
    const scales = node.inputs[1]
      ? node.inputs[1].elements
      : attribute?.type === "floats"
        ? attribute.value
        : [1, 1, node.float("height_scale", 1), node.float("width_scale", 1)];
    if (scales && shape && scales.length !== shape.length)
      throw badShape(
        `scales ${show(scales)}: expected ${shape.length} numbers for ${show(shape)}.`,
      );
    if (scales?.some((scale) => typeof scale === "number" && !(scale >= 1)))
      throw badShape(`scales ${show(scales)}: expected numbers of at least 1.`);
    return [{ dtype, shape: shape && scaled(shape, scales) }];
  },
  samples: [
    { inputs: [[1, 2, 3, 4], tensor("float32", [4], [1, 1, 2, 1.5])] },
    {
      inputs: [[1, 2, 3, 4], tensor("float32", [4], [1, 1, 2, 2])],
      attributes: { mode: "linear" },
    },
  ],
});
