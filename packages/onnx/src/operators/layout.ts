// Operators that rearrange what they are given: shape, order of axes, parts, padding, scale.
import { sizeOf, tensor } from "@cajal/core";
import {
  axesOf,
  axisOf,
  broadcast,
  divide,
  isKnown,
  multiply,
  rearrange,
  show,
  unify,
  unknowns,
  type Dims,
} from "../model/dims";
import type { Dim } from "../model/model";
import {
  badShape,
  defineOperator,
  flag,
  type Inferred,
  type InferenceContext,
  type Operator,
} from "./operator";
import { dtypeOf, typeNamed, type ElementType } from "../model/elementType";
import { rounded } from "./elementwise";

const int64s = (...values: number[]) => tensor("int64", [values.length], values);

/** A list that is an input in newer and an attribute in older operator sets; undefined entries are unknown. */
function list(node: InferenceContext, input: number, attribute: string): Dims {
  const given = node.inputs[input];
  if (!given) return node.ints(attribute);
  return given.elements ?? unknowns(given.shape?.length === 0 ? 1 : given.shape?.[0]);
}

const reshape = defineOperator({
  op: "Reshape",
  ending: "moves",
  inputs: [1, 2],
  outputs: [1, 1],
  types: ["any", "int64"],
  attributes: { allowzero: "int", shape: "ints", consumed_inputs: "ints" },
  bounds: { allowzero: flag },
  infer: (node) => {
    const x = node.inputs[0]!;
    const target = list(node, 1, "shape");
    const { dtype, elements } = x;
    if (!target) return [{ dtype, shape: undefined }];
    const from = x.shape;
    const shape = target.map((extent, i): Dim => {
      if (extent !== 0 || node.int("allowzero", 0) === 1) return extent;
      if (from && i >= from.length)
        throw badShape(`shape ${show(target)} keeps axis ${i}, which ${show(from)} has not.`);
      return from?.[i];
    });
    const free = shape.indexOf(-1);
    if (shape.lastIndexOf(-1) !== free)
      throw badShape(`shape ${show(target)} leaves more than one extent (-1) free.`);
    if (free >= 0) {
      const rest = shape.filter((_, i) => i !== free);
      shape[free] = from && divide(from, rest);
      if (isKnown(from) && isKnown(rest) && (shape[free] === undefined || sizeOf(rest) === 0))
        throw badShape(
          `${sizeOf(from)} elements of ${show(from)} do not fit shape ${show(target)}.`,
          { from, to: target },
        );
    } else if (isKnown(from) && isKnown(shape) && sizeOf(from) !== sizeOf(shape))
      throw badShape(
        `${sizeOf(from)} elements of ${show(from)} do not fit the ${sizeOf(shape)} of shape ${show(target)}.`,
        { from, to: target },
      );
    return [{ dtype, shape, elements }];
  },
  samples: [
    { inputs: [[2, 3, 4], int64s(0, -1)] },
    { inputs: [[2, 3, 4], int64s(4, 0, -1)] },
    { inputs: [[2, 0], int64s(0, 2)], attributes: { allowzero: 1 } },
    { inputs: [[1], tensor("int64", [0])] },
  ],
});

const flatten = defineOperator({
  op: "Flatten",
  ending: "moves",
  inputs: [1, 1],
  outputs: [1, 1],
  types: ["any"],
  attributes: { axis: "int" },
  infer: (node) => {
    const { dtype, shape } = node.inputs[0]!;
    if (!shape) return [{ dtype, shape: [undefined, undefined] }];
    const at = node.int("axis", 1);
    // The axis may be the rank: then all goes into the first extent.
    const axis = at === shape.length ? at : axisOf(at, shape.length, shape);
    return [{ dtype, shape: [multiply(shape.slice(0, axis)), multiply(shape.slice(axis))] }];
  },
  samples: [
    { inputs: [[2, 3, 4]] },
    { inputs: [[2, 3, 4]], attributes: { axis: 0 } },
    { inputs: [[2, 3, 4]], attributes: { axis: 3 } },
    { inputs: [[2, 3, 4]], attributes: { axis: -1 } },
  ],
});

const squeeze = defineOperator({
  op: "Squeeze",
  ending: "moves",
  inputs: [1, 2],
  outputs: [1, 1],
  types: ["any", "int64"],
  attributes: { axes: "ints" },
  infer: (node) => {
    const { dtype, shape, elements } = node.inputs[0]!;
    const stated = list(node, 1, "axes");
    if (!shape) return [{ dtype, shape: undefined, elements }];
    if (!stated) {
      if (node.inputs[1] || !isKnown(shape)) return [{ dtype, shape: undefined, elements }];
      return [{ dtype, shape: shape.filter((extent) => extent !== 1), elements }];
    }
    if (!isKnown(stated))
      return [{ dtype, shape: shape.slice(stated.length).map(() => undefined), elements }];
    // The standard takes that for no axis, ONNX Runtime for all.
    if (stated.length === 0 && shape.some((extent) => extent === 1 || typeof extent !== "number"))
      throw badShape("axes is empty, expected at least one, or no axes at all.");
    const axes = new Set(axesOf(stated, shape.length, shape));
    for (const axis of axes) {
      const extent = shape[axis];
      if (typeof extent === "number" && extent !== 1)
        throw badShape(`axis ${axis} of ${show(shape)} is ${extent}; only axes of 1 are squeezed.`);
    }
    return [{ dtype, shape: shape.filter((_, i) => !axes.has(i)), elements }];
  },
  samples: [
    { inputs: [[1, 3, 1]] },
    { inputs: [[1, 3, 1], int64s(0)] },
    { inputs: [[1, 3, 1], int64s(-1, 0)] },
  ],
});

const unsqueeze = defineOperator({
  op: "Unsqueeze",
  inputs: [1, 2],
  outputs: [1, 1],
  types: ["any", "int64"],
  attributes: { axes: "ints" },
  infer: (node) => {
    const { dtype, shape, elements } = node.inputs[0]!;
    const stated = list(node, 1, "axes");
    if (!shape || !stated) return [{ dtype, shape: undefined, elements }];
    const rank = shape.length + stated.length;
    if (!isKnown(stated)) return [{ dtype, shape: Array<Dim>(rank).fill(undefined), elements }];
    const axes = new Set(axesOf(stated, rank));
    const rest = [...shape];
    return [
      {
        dtype,
        shape: Array.from({ length: rank }, (_, i) => (axes.has(i) ? 1 : rest.shift())),
        elements,
      },
    ];
  },
  samples: [
    { inputs: [[2, 3], int64s(0)] },
    { inputs: [[2, 3], int64s(-1, 1)] },
    { inputs: [[], int64s(0)] },
  ],
});

const transpose = defineOperator({
  op: "Transpose",
  inputs: [1, 1],
  outputs: [1, 1],
  types: ["any"],
  attributes: { perm: "ints" },
  infer: (node) => {
    const { dtype, shape, elements } = node.inputs[0]!;
    const stated = node.ints("perm");
    if (!shape) return [{ dtype, shape: stated?.map(() => undefined) }];
    const perm = stated ?? shape.map((_, i) => shape.length - 1 - i);
    const sorted = [...perm].sort((a, b) => a - b);
    if (perm.length !== shape.length || sorted.some((axis, i) => axis !== i))
      throw badShape(`perm [${perm.join()}] does not order the axes of ${show(shape)}.`, {
        perm,
        shape,
      });
    return [
      {
        dtype,
        shape: perm.map((axis) => shape[axis]),
        elements: rearrange(
          elements,
          shape,
          perm.map((axis) => shape[axis]),
          (index) => shape.map((_, axis) => index[perm.indexOf(axis)]!),
        ),
      },
    ];
  },
  samples: [{ inputs: [[2, 3, 4]] }, { inputs: [[2, 3, 4]], attributes: { perm: [0, 2, 1] } }],
});

const concat = defineOperator({
  op: "Concat",
  inputs: [1, Infinity],
  outputs: [1, 1],
  types: ["any"],
  attributes: { axis: "int" },
  infer: (node) => {
    const inputs = node.inputs as readonly Inferred[];
    const { dtype } = inputs[0]!;
    const ranked = inputs.find(({ shape }) => shape)?.shape;
    if (!ranked) return [{ dtype, shape: undefined }];
    // Before opset 4 it was 1 where it was left out.
    const axis = axisOf(node.int("axis", 1), ranked.length, ranked);
    let shape: Dim[] = ranked.map(() => undefined);
    let extent: number | undefined = 0;
    const named: Dim[] = [];
    for (const input of inputs) {
      if (input.shape && input.shape.length !== ranked.length)
        throw badShape(`shapes ${show(ranked)} and ${show(input.shape)} differ in rank.`);
      shape = shape.map((dim, i) =>
        i === axis
          ? dim
          : unify(
              dim,
              input.shape?.[i],
              () => `axis ${i} of ${show(input.shape)} and those before`,
            ),
      );
      const own = input.shape?.[axis];
      if (typeof own !== "number") extent = undefined;
      else if (extent !== undefined) extent += own;
      if (own !== 0) named.push(own);
    }
    shape[axis] = extent ?? (named.length === 1 ? named[0] : undefined);
    const parts = inputs.map((input) => input.elements ?? unknowns(input.shape?.[0]));
    const elements =
      ranked.length === 1 && parts.every((part) => part !== undefined) ? parts.flat() : undefined;
    return [{ dtype, shape, elements }];
  },
  samples: [
    {
      inputs: [
        [2, 3],
        [2, 1],
        [2, 0],
      ],
      attributes: { axis: 1 },
    },
    {
      inputs: [
        [2, 3],
        [4, 3],
      ],
      attributes: { axis: -2 },
    },
    { inputs: [[2]], attributes: { axis: 0 } },
  ],
});

const split = defineOperator({
  op: "Split",
  inputs: [1, 2],
  outputs: [1, Infinity],
  types: ["any", "int64"],
  attributes: { axis: "int", num_outputs: "int", split: "ints" },
  infer: (node) => {
    const { dtype, shape, elements } = node.inputs[0]!;
    const parts = node.outputs;
    const stated = node.attribute("num_outputs");
    if (stated?.type === "int" && stated.value !== parts)
      throw badShape(`num_outputs is ${stated.value}; the node has ${parts} outputs.`);
    if (stated && node.inputs[1]) throw badShape("both split and num_outputs are given.");
    if (!shape) return Array.from({ length: parts }, () => ({ dtype, shape: undefined }));
    const axis = axisOf(node.int("axis", 0), shape.length, shape);
    const extent = shape[axis];
    let sizes = list(node, 1, "split");
    if (!sizes) {
      if (typeof extent === "number" && extent < parts && extent > 0)
        throw badShape(`axis ${axis} of ${show(shape)} does not divide into ${parts} parts.`);
      // Equal parts; the last may be smaller (from opset 18).
      const size = typeof extent === "number" ? Math.ceil(extent / parts) : undefined;
      sizes = Array.from({ length: parts }, (_, i) =>
        size === undefined
          ? undefined
          : i < parts - 1
            ? size
            : (extent as number) - size * (parts - 1),
      );
    }
    if (sizes.length !== parts)
      throw badShape(`splits into sizes ${show(sizes)}, but has ${parts} outputs.`);
    if (isKnown(sizes)) {
      const sum = sizes.reduce((a, b) => a + b, 0);
      if (sizes.some((size) => size < 0) || (typeof extent === "number" && sum !== extent))
        throw badShape(`sizes ${show(sizes)} do not fill axis ${axis} of ${show(shape)}.`);
    }
    let start = 0;
    return sizes.map((size) => {
      const end = typeof size === "number" ? start + size : NaN;
      const own =
        shape.length === 1 && elements && end >= 0 ? elements.slice(start, end) : undefined;
      start = end;
      return { dtype, shape: shape.map((dim, i) => (i === axis ? size : dim)), elements: own };
    });
  },
  samples: [
    { inputs: [[2, 6]], attributes: { axis: 1, num_outputs: 3 }, outputs: 3 },
    { inputs: [[5, 2]], attributes: { num_outputs: 2 }, outputs: 2 },
    { inputs: [[2, 6], int64s(1, 5)], attributes: { axis: -1 }, outputs: 2 },
  ],
});

const slice = defineOperator({
  op: "Slice",
  inputs: [1, 5],
  outputs: [1, 1],
  types: ["any", "index", "index", "index", "index"],
  attributes: { axes: "ints", ends: "ints", starts: "ints" },
  infer: (node) => {
    const { dtype, shape, elements } = node.inputs[0]!;
    const starts = list(node, 1, "starts");
    const ends = list(node, 2, "ends");
    if (!shape) return [{ dtype, shape: undefined }];
    const count = starts?.length ?? ends?.length;
    const stated = node.inputs[3] || node.ints("axes") ? list(node, 3, "axes") : undefined;
    const unknownAxes = node.inputs[3] !== undefined && !isKnown(stated);
    if (count === undefined || unknownAxes) return [{ dtype, shape: shape.map(() => undefined) }];
    const axes = axesOf(
      isKnown(stated) ? stated : Array.from({ length: count }, (_, i) => i),
      shape.length,
      shape,
    );
    const steps = node.inputs[4] ? list(node, 4, "steps") : axes.map(() => 1);
    for (const [name, each] of [
      ["starts", starts],
      ["ends", ends],
      ["steps", steps],
    ] as const)
      // prettier-ignore
      if (each && each.length !== axes.length)
        throw badShape(`${name} ${show(each)}: expected ${axes.length} numbers, one for each axis.`);
    const result = [...shape];
    /** Where each axis begins and by which step it goes on. */
    const ways: ({ from: number; step: number } | undefined)[] = shape.map(() => ({
      from: 0,
      step: 1,
    }));
    axes.forEach((axis, i) => {
      const extent = shape[axis];
      const [start, end, step] = [starts?.[i], ends?.[i], steps?.[i]];
      if (step === 0) throw badShape("a step of 0.");
      ways[axis] = undefined;
      if (typeof extent !== "number") {
        // All of a free axis stays what it is: to its own extent, as Shape tells it, or "to the end".
        const whole = end === extent || (typeof end === "number" && end >= 2 ** 31 - 1);
        result[axis] = start === 0 && step === 1 && whole ? extent : undefined;
        return;
      }
      result[axis] = undefined;
      if (typeof start !== "number" || typeof end !== "number" || typeof step !== "number") return;
      const last = step > 0 ? extent : extent - 1;
      const from = clamp(start < 0 ? start + extent : start, 0, last);
      const to = clamp(end < 0 ? end + extent : end, step > 0 ? 0 : -1, last);
      result[axis] = Math.max(0, Math.ceil((to - from) / step));
      ways[axis] = { from, step };
    });
    const values = rearrange(
      ways.every((way) => way) ? elements : undefined,
      shape,
      result,
      (index) => index.map((at, axis) => ways[axis]!.from + at * ways[axis]!.step),
    );
    return [{ dtype, shape: result, elements: values }];
  },
  samples: [
    { inputs: [[4, 5], int64s(1, 0), int64s(3, 5), int64s(0, 1), int64s(1, 2)] },
    { inputs: [[4, 5], int64s(-1), int64s(-100), int64s(1), int64s(-2)] },
    { inputs: [[4, 5], int64s(1), int64s(2 ** 52)] },
    { inputs: [[4, 5], int64s(3), int64s(1), int64s(0)] },
  ],
});

const clamp = (x: number, low: number, high: number) => Math.min(Math.max(x, low), high);

const pad = defineOperator({
  op: "Pad",
  settings: [2],
  inputs: [1, 4],
  outputs: [1, 1],
  types: ["any", "int64", "any", "index"],
  attributes: { mode: "string", pads: "ints", paddings: "ints", value: "float" },
  infer: (node) => {
    const { dtype, shape } = node.inputs[0]!;
    if (!shape) return [{ dtype, shape: undefined }];
    const mode = node.string("mode", "constant");
    if (!["constant", "reflect", "edge", "wrap"].includes(mode))
      throw badShape(`mode ${JSON.stringify(mode)}: expected constant, reflect, edge or wrap.`);
    const pads = list(node, 1, "pads") ?? node.ints("paddings");
    const stated = node.inputs[3] ? list(node, 3, "axes") : shape.map((_, i) => i);
    if (!pads || !isKnown(stated)) return [{ dtype, shape: shape.map(() => undefined) }];
    const axes = axesOf(stated, shape.length, shape);
    if (pads.length !== 2 * axes.length)
      throw badShape(
        `pads ${show(pads)}: expected ${2 * axes.length} numbers (all begins, then all ends) for ${show(shape)}.`,
      );
    const result = [...shape];
    axes.forEach((axis, i) => {
      const [begin, end] = [pads[i], pads[i + axes.length]];
      const extent = shape[axis];
      if (begin === 0 && end === 0) return;
      result[axis] =
        typeof extent === "number" && typeof begin === "number" && typeof end === "number"
          ? extent + begin + end
          : undefined;
      // As many as there are beside the edge, once what is cut off is gone.
      if (
        mode === "reflect" &&
        typeof extent === "number" &&
        typeof begin === "number" &&
        typeof end === "number"
      ) {
        const most = Math.max(0, extent + Math.min(0, begin) + Math.min(0, end) - 1);
        if (begin > most || end > most)
          throw badShape(
            `pads ${show(pads)} reflect at most ${most} of axis ${axis} of ${show(shape)}.`,
          );
      }
      if (typeof result[axis] === "number" && result[axis] < 0)
        throw badShape(
          `pads ${show(pads)} leave less than nothing of axis ${axis} of ${show(shape)}.`,
        );
    });
    return [{ dtype, shape: result }];
  },
  samples: [
    { inputs: [[2, 3], int64s(0, 1, 2, 0)] },
    { inputs: [[2, 3], int64s(1, 1), tensor("float32", [], [7]), int64s(1)] },
    { inputs: [[4, 3], int64s(1, 0, 2, 0)], attributes: { mode: "reflect" } },
    { inputs: [[4, 3], int64s(1, 0, 2, 0)], attributes: { mode: "edge" } },
    { inputs: [[4, 3], int64s(-1, 0, -1, 0)] },
  ],
});

const expand = defineOperator({
  op: "Expand",
  since: 8,
  inputs: [2, 2],
  outputs: [1, 1],
  types: ["any", "int64"],
  attributes: {},
  infer: (node) => {
    const { dtype, shape, elements } = node.inputs[0]!;
    const target = list(node, 1, "shape");
    const result = target && broadcast(shape, target);
    const length = result?.[0];
    const same =
      result?.length === 1 && elements?.length === 1 && typeof length === "number" && length <= 256
        ? Array.from({ length }, () => elements[0])
        : undefined;
    return [{ dtype, shape: result, elements: same }];
  },
  samples: [
    { inputs: [[3, 1], int64s(2, 1, 4)] },
    { inputs: [[3, 4], int64s(1)] },
    { inputs: [[], int64s(2)] },
  ],
});

const tile = defineOperator({
  op: "Tile",
  inputs: [2, 3],
  outputs: [1, 1],
  types: ["any", "int64"],
  attributes: {},
  infer: (node) => {
    const { dtype, shape } = node.inputs[0]!;
    // tiles and axis were scalars then
    if (node.opset < 6) return [{ dtype, shape: shape?.map(() => undefined) }];
    const repeats = list(node, 1, "repeats");
    if (!shape) return [{ dtype, shape: repeats?.map(() => undefined) }];
    if (repeats && repeats.length !== shape.length)
      throw badShape(`repeats ${show(repeats)}: expected one for each axis of ${show(shape)}.`);
    return [{ dtype, shape: shape.map((extent, i) => multiply([extent, repeats?.[i]])) }];
  },
  samples: [{ inputs: [[2, 3], int64s(2, 1)] }, { inputs: [[2], int64s(0)] }],
});

const blocks = (op: string, samples: Operator["samples"]): Operator =>
  defineOperator({
    op,
    inputs: [1, 1],
    outputs: [1, 1],
    types: ["any"],
    attributes: { blocksize: "int", mode: "string" },
    choices: { mode: ["DCR", "CRD"] },
    required: ["blocksize"],
    infer: (node) => {
      const { dtype, shape } = node.inputs[0]!;
      if (!shape) return [{ dtype, shape: undefined }];
      if (shape.length !== 4)
        throw badShape(`input ${show(shape)}: expected [batch, channels, height, width].`);
      const size = node.int("blocksize", 1);
      if (size < 1) throw badShape(`blocksize is ${size}, expected at least 1.`);
      const [batch, ...rest] = shape;
      const [channels, height, width] = rest.map((extent, axis) => {
        if (typeof extent !== "number") return undefined;
        const grows = op === "DepthToSpace" ? axis > 0 : axis === 0;
        const factor = axis > 0 ? size : size * size;
        if (!grows && extent % factor !== 0)
          throw badShape(`extent ${extent} of ${show(shape)} does not divide by ${factor}.`);
        return grows ? extent * factor : extent / factor;
      });
      return [{ dtype, shape: [batch, channels, height, width] }];
    },
    samples,
  });

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

const resize = defineOperator({
  op: "Resize",
  settings: [1, 2],
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
    const { dtype, shape } = node.inputs[0]!;
    if (!shape) return [{ dtype, shape: undefined }];
    const named = node.ints("axes");
    // ONNX Runtime keeps the extents of such axes.
    if (named?.some((axis) => axis < 0))
      throw badShape(`axes [${named.join()}]: expected axes from 0 on.`);
    const axes = axesOf(named ?? shape.map((_, i) => i), shape.length, shape);
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
    const given = (i: number, name: string) => {
      const value = node.inputs[i];
      if (!value || value.shape?.[0] === 0) return undefined;
      const stated = list(node, i, name) ?? axes.map(() => undefined);
      if (stated.length !== axes.length)
        throw badShape(
          `${name} ${show(stated)}: expected ${axes.length} numbers for ${show(shape)}.`,
        );
      return stated;
    };
    const scales = given(at, "scales");
    const sizes = given(3, "sizes");
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
    const full = shape.map((): Dim => 1);
    axes.forEach((axis, i) => (full[axis] = scales?.[i]));
    return [{ dtype, shape: scaled(shape, full) }];
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

const upsample = defineOperator({
  op: "Upsample",
  until: 9,
  inputs: [1, 2],
  outputs: [1, 1],
  types: ["any", "float32"],
  attributes: { height_scale: "float", mode: "string", scales: "floats", width_scale: "float" },
  // bilinear: the first version's word
  choices: { mode: ["nearest", "linear", "bilinear"] },
  infer: (node) => {
    const { dtype, shape } = node.inputs[0]!;
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

const cast = (op: "Cast" | "CastLike", type: (node: InferenceContext) => ElementType): Operator =>
  defineOperator({
    op,
    ...(op === "CastLike" ? { since: 15 } : {}),
    inputs: op === "Cast" ? [1, 1] : [2, 2],
    outputs: [1, 1],
    types: op === "Cast" ? ["any"] : ["any:*"],
    attributes:
      op === "Cast"
        ? { to: "int", saturate: "int", round_mode: "string" }
        : { saturate: "int", round_mode: "string" },
    ...(op === "Cast" ? { required: ["to"] } : {}),
    infer: (node) => {
      const { shape, elements } = node.inputs[0]!;
      const dtype = type(node);
      return [
        {
          dtype,
          shape,
          elements: elements?.map((element) =>
            typeof element !== "number"
              ? dtype === "int64" || dtype === "int32"
                ? element
                : undefined
              : dtype === "bool"
                ? Number(element !== 0)
                : rounded(dtype, element),
          ),
        },
      ];
    },
    samples:
      op === "Cast"
        ? [
            { inputs: [[2, 3]], attributes: { to: 7 } },
            { inputs: [tensor("int64", [2], [0, 3])], attributes: { to: 9 } },
          ]
        : [{ inputs: [[2, 3], tensor("int32", [1], [1])] }],
  });

export const layout: readonly Operator[] = [
  reshape,
  flatten,
  squeeze,
  unsqueeze,
  transpose,
  concat,
  split,
  slice,
  pad,
  expand,
  tile,
  blocks("DepthToSpace", [
    { inputs: [[1, 8, 2, 3]], attributes: { blocksize: 2 } },
    { inputs: [[1, 8, 2, 3]], attributes: { blocksize: 2, mode: "CRD" } },
  ]),
  blocks("SpaceToDepth", [{ inputs: [[1, 2, 4, 6]], attributes: { blocksize: 2 } }]),
  resize,
  upsample,
  cast("Cast", (node) => {
    // Named by a word before opset 6.
    const to = node.attribute("to");
    return to?.type === "string" ? typeNamed(to.value) : dtypeOf(node.int("to", 0));
  }),
  cast("CastLike", (node) => node.inputs[1]!.dtype),
  defineOperator({
    op: "Trilu",
    since: 14,
    inputs: [1, 2],
    outputs: [1, 1],
    types: ["any", "int64"],
    attributes: { upper: "int" },
    infer: ({ inputs: [x] }) => {
      if (x!.shape && x!.shape.length < 2)
        throw badShape(`input ${show(x!.shape)}: expected rank 2 or more.`);
      return [{ dtype: x!.dtype, shape: x!.shape }];
    },
    samples: [
      { inputs: [[3, 4]] },
      { inputs: [[2, 3, 4], tensor("int64", [], [1])], attributes: { upper: 0 } },
    ],
  }),
  defineOperator({
    op: "ReverseSequence",
    since: 10,
    inputs: [2, 2],
    outputs: [1, 1],
    types: ["any", "int64"],
    attributes: { batch_axis: "int", time_axis: "int" },
    bounds: { batch_axis: flag, time_axis: flag },
    infer: (node) => {
      const [x, lengths] = node.inputs as readonly [Inferred, Inferred];
      const [batch, time] = [node.int("batch_axis", 1), node.int("time_axis", 0)];
      if (batch === time) throw badShape(`batch_axis and time_axis are both ${batch}.`);
      unify(lengths.shape?.[0], x.shape?.[batch], () => `sequence_lens ${show(lengths.shape)} and axis ${batch} of ${show(x.shape)}`); // prettier-ignore
      const steps = x.shape?.[time];
      for (const length of lengths.elements ?? [])
        if (
          typeof length === "number" &&
          (length < 0 || (typeof steps === "number" && length > steps))
        )
          throw badShape(`a sequence of ${length} in ${show(x.shape)}.`);
      return [{ dtype: x.dtype, shape: x.shape }];
    },
    samples: [{ inputs: [[3, 2, 4], int64s(2, 3)] }],
  }),
];
