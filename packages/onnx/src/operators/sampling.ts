// Images looked at between their pixels: grids of places, and regions.
import { tensor } from "@cajal/core";
import { checkIndices, numbersOf, show, unify, unknowns } from "../model/dims";
import type { NodeWriter, Value } from "./method";
import { badShape, defineOperator, flag, type Inferred } from "./operator";
import { floats, numbers, type Flag, type Numbers } from "./shared/arguments";

const gridSample = defineOperator({
  op: "GridSample",
  methods: {
    /** x [batch, channels, ...image], grid [batch, ...places, axes], −1 … 1, the last axis of the image first. */
    gridSample: (
      g: NodeWriter,
      x: Value,
      grid: Value,
      attributes: {
        align_corners?: Flag;
        mode?: string;
        padding_mode?: "zeros" | "border" | "reflection";
      } = {},
    ) => g.op("GridSample", [x, grid], attributes),
  },
  since: 16,
  inputs: [2, 2],
  outputs: [1, 1],
  types: ["any", "float:grid"],
  attributes: { align_corners: "int", mode: "string", padding_mode: "string" },
  infer: (node) => {
    // X [batch, channels, ...image], grid [batch, ...places, axes of the image]
    const [x, grid] = node.inputs;
    // Other words for the same since opset 20.
    const words = node.opset < 20 ? ["bilinear", "bicubic"] : ["linear", "cubic"];
    const mode = node.string("mode", words[0]!);
    if (!["nearest", ...words].includes(mode))
      throw badShape(
        `mode ${JSON.stringify(mode)} in opset ${node.opset}: expected nearest, ${words.join(" or ")}.`,
      );
    const padding = node.string("padding_mode", "zeros");
    if (!["zeros", "border", "reflection"].includes(padding))
      throw badShape(
        `padding_mode ${JSON.stringify(padding)}: expected zeros, border or reflection.`,
      );
    if (x.shape && grid.shape) {
      if (x.shape.length !== grid.shape.length || x.shape.length < 3)
        throw badShape(
          `X ${show(x.shape)} and grid ${show(grid.shape)}: expected [batch, channels, ...image] and [batch, ...places, axes of the image].`,
        );
      unify(grid.shape.at(-1), x.shape.length - 2, () => `last axis of grid ${show(grid.shape)}`);
    }
    const batch = unify(
      x.shape?.[0],
      grid.shape?.[0],
      () => `batches of X ${show(x.shape)} and grid ${show(grid.shape)}`,
    );
    const outputExtents = grid.shape?.slice(1, -1) ?? unknowns(x.shape && x.shape.length - 2);
    return [{ dtype: x.dtype, shape: outputExtents && [batch, x.shape?.[1], ...outputExtents] }];
  },
  samples: [
    {
      inputs: [
        [2, 3, 4, 5],
        [2, 6, 7, 2],
      ],
    },
    {
      inputs: [
        [1, 1, 4, 5],
        [1, 2, 2, 2],
      ],
      attributes: { mode: "nearest", align_corners: 1 },
    },
    {
      inputs: [
        [1, 2, 4, 5],
        [1, 3, 2, 2],
      ],
      attributes: { mode: "bicubic", padding_mode: "border" },
    },
  ],
});

const affineGrid = defineOperator({
  op: "AffineGrid",
  methods: {
    /** A grid of `size` [batch, channels, ...image] for theta [batch, axes, axes + 1]; opset 20. */
    affineGrid: (
      g: NodeWriter,
      theta: Value,
      size: Numbers,
      attributes: { align_corners?: Flag } = {},
    ) => g.op("AffineGrid", [theta, numbers(g, size)], attributes),
  },
  since: 20,
  inputs: [2, 2],
  outputs: [1, 1],
  types: ["float", "int64"],
  attributes: { align_corners: "int" },
  infer: ({ inputs }) => {
    // theta [batch, axes, axes + 1], size [batch, channels, ...image] → [batch, ...image, axes]
    const [theta, size] = inputs as readonly [Inferred, Inferred];
    const axes = theta.shape?.[1];
    if (theta.shape && theta.shape.length !== 3)
      throw badShape(`theta ${show(theta.shape)}: expected [batch, 2, 3] or [batch, 3, 4].`);
    const length = size.shape?.[0];
    const extents = size.elements ?? unknowns(length);
    if (!extents) return [{ dtype: theta.dtype, shape: undefined }];
    if (extents.slice(2).some((extent) => typeof extent === "number" && extent < 1))
      throw badShape(`size ${show(extents)}: expected extents of at least 1.`);
    if (typeof axes === "number")
      unify(axes, extents.length - 2, () => `axes of theta ${show(theta.shape)} and size`);
    const batch = unify(theta.shape?.[0], extents[0], () => `batches of theta and size`);
    return [{ dtype: theta.dtype, shape: [batch, ...extents.slice(2), extents.length - 2] }];
  },
  samples: [
    { inputs: [[2, 2, 3], tensor("int64", [4], [2, 3, 5, 6])] },
    {
      inputs: [[1, 3, 4], tensor("int64", [5], [1, 2, 3, 4, 5])],
      attributes: { align_corners: 1 },
    },
  ],
});

const roiAlign = defineOperator({
  op: "RoiAlign",
  methods: {
    /** rois [regions, 4]: x1, y1, x2, y2. */
    roiAlign: (
      g: NodeWriter,
      x: Value,
      rois: Value,
      batchIndices: Value,
      attributes: {
        output_height?: number;
        output_width?: number;
        sampling_ratio?: number;
        spatial_scale?: number;
        mode?: "avg" | "max";
        coordinate_transformation_mode?: "half_pixel" | "output_half_pixel";
      } = {},
    ) => g.op("RoiAlign", [x, rois, batchIndices], attributes),
  },
  since: 10,
  inputs: [3, 3],
  outputs: [1, 1],
  types: ["float", "float", "int64"],
  attributes: {
    coordinate_transformation_mode: "string",
    mode: "string",
    output_height: "int",
    output_width: "int",
    sampling_ratio: "int",
    spatial_scale: "float",
  },
  choices: { mode: ["avg", "max"] },
  bounds: { sampling_ratio: { least: 0 }, output_height: { least: 1 }, output_width: { least: 1 } },
  infer: (node) => {
    // X [batch, channels, height, width], rois [regions, 4], batch_indices [regions]
    const [x, rois, batches] = node.inputs;
    if (x.shape && x.shape.length !== 4)
      throw badShape(`X ${show(x.shape)}: expected [batch, channels, height, width].`);
    if (rois.shape && rois.shape.length !== 2)
      throw badShape(`rois ${show(rois.shape)}: expected [regions, 4].`);
    unify(rois.shape?.[1], 4, () => `rois ${show(rois.shape)}`);
    const regions = unify(
      rois.shape?.[0],
      batches.shape?.[0],
      () => `rois ${show(rois.shape)} and batch_indices ${show(batches.shape)}`,
    );
    for (const batch of batches.elements ?? [])
      if (typeof batch === "number" && batch < 0)
        throw badShape(`batch index ${batch} is below 0.`);
    checkIndices(batches.elements, x.shape?.[0], `the batch of X ${show(x.shape)}`);
    if (rois.elements?.some((edge) => typeof edge === "number" && !Number.isFinite(edge)))
      throw badShape("rois: expected finite numbers.");
    const size = [node.int("output_height", 1), node.int("output_width", 1)];
    return [{ dtype: x.dtype, shape: [regions, x.shape?.[1], ...size] }];
  },
  samples: [
    {
      inputs: [
        [2, 3, 8, 8],
        tensor("float32", [2, 4], [0, 0, 4, 5, 1, 1, 7, 7]),
        tensor("int64", [2], [0, 1]),
      ],
      attributes: { output_height: 3, output_width: 2, sampling_ratio: 2, spatial_scale: 0.5 },
    },
    {
      inputs: [[1, 1, 4, 4], tensor("float32", [1, 4], [0, 0, 3, 3]), tensor("int64", [1], [0])],
      attributes: { mode: "max", coordinate_transformation_mode: "output_half_pixel" },
    },
  ],
});

const nonMaxSuppression = defineOperator({
  op: "NonMaxSuppression",
  methods: {
    /** [chosen, (batch, class, box)] of boxes [batch, boxes, 4] and scores [batch, classes, boxes]. */
    nonMaxSuppression: (
      g: NodeWriter,
      boxes: Value,
      scores: Value,
      {
        most,
        iou,
        score,
        center_point_box,
      }: { most?: number; iou?: number; score?: number; center_point_box?: Flag } = {},
    ) =>
      g.op(
        "NonMaxSuppression",
        [
          boxes,
          scores,
          most === undefined ? undefined : g.int64s([most]),
          iou === undefined ? undefined : floats(g, [iou]),
          score === undefined ? undefined : floats(g, [score]),
        ],
        { center_point_box },
      ),
  },
  since: 10,
  inputs: [2, 5],
  outputs: [1, 1],
  types: ["float32", "float32", "int64", "float32", "float32"],
  attributes: { center_point_box: "int" },
  bounds: { center_point_box: flag },
  infer: ({ inputs }) => {
    const iou = numbersOf(inputs[3])?.[0];
    if (iou !== undefined && !(iou >= 0 && iou <= 1))
      throw badShape(`iou_threshold is ${iou}, expected 0 … 1.`);
    // boxes [batch, boxes, 4], scores [batch, classes, boxes] → [chosen, (batch, class, box)]
    const [boxes, scores] = inputs as readonly [Inferred, Inferred];
    for (const [name, { shape }] of [
      ["boxes", boxes],
      ["scores", scores],
    ] as const)
      if (shape && shape.length !== 3) throw badShape(`${name} ${show(shape)}: expected rank 3.`);
    const showBoth = () => `boxes ${show(boxes.shape)} and scores ${show(scores.shape)}`;
    unify(boxes.shape?.[2], 4, showBoth);
    unify(boxes.shape?.[0], scores.shape?.[0], showBoth);
    unify(boxes.shape?.[1], scores.shape?.[2], showBoth);
    return [{ dtype: "int64", shape: [undefined, 3] }];
  },
  samples: [
    {
      inputs: [[1, 6, 4], [1, 2, 6], tensor("int64", [1], [3]), tensor("float32", [1], [0.5])],
    },
    {
      inputs: [
        [1, 6, 4],
        [1, 2, 6],
      ],
      attributes: { center_point_box: 1 },
    },
  ],
});

export const sampling = [gridSample, affineGrid, roiAlign, nonMaxSuppression] as const;
