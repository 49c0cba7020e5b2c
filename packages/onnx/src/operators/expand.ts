// Operators that repeat what they get.
import { broadcast, multiply, show } from "../model/dims";
import type { NodeWriter, Value } from "./method";
import { badShape, defineOperator } from "./operator";
import { exceptAlong } from "./shared/examples";
import { numbers, type Numbers } from "./shared/arguments";
import { int64s, listOf } from "./shared/lists";

export const expand = defineOperator({
  op: "Expand",
  methods: {
    expand: (g: NodeWriter, x: Value, shape: Numbers) => g.op("Expand", [x, numbers(g, shape)]),
  },
  since: 8,
  extents: 1,
  examples: ({ inputs: [x], axes: [axis, shape], results: [result] }) =>
    axis === undefined || shape !== undefined ? undefined : result!.length - x.shape!.length + axis,
  inputs: [2, 2],
  outputs: [1, 1],
  types: ["any", "int64"],
  attributes: {},
  infer: (node) => {
    const { dtype, shape, elements } = node.inputs[0];
    const target = listOf(node, 1, "shape");
    const result = target && broadcast(shape, target);
    const length = result?.[0];
    const isSame =
      result?.length === 1 && elements?.length === 1 && typeof length === "number" && length <= 256
        ? Array.from({ length }, () => elements[0])
        : undefined;
    return [{ dtype, shape: result, elements: isSame }];
  },
  samples: [
    { inputs: [[3, 1], int64s(2, 1, 4)] },
    { inputs: [[3, 4], int64s(1)] },
    { inputs: [[], int64s(2)] },
  ],
});

export const tile = defineOperator({
  op: "Tile",
  methods: {
    tile: (g: NodeWriter, x: Value, repeats: Numbers) => g.op("Tile", [x, numbers(g, repeats)]),
  },
  inputs: [2, 3],
  outputs: [1, 1],
  examples: exceptAlong((node) =>
    node.opset < 6
      ? undefined
      : listOf(node, 1, "repeats")?.flatMap((n, i) => (n === 1 ? [] : [i])),
  ),
  types: ["any", "int64"],
  attributes: {},
  infer: (node) => {
    const { dtype, shape } = node.inputs[0];
    // tiles and axis were scalars then
    if (node.opset < 6) return [{ dtype, shape: shape?.map(() => undefined) }];
    const repeats = listOf(node, 1, "repeats");
    if (!shape) return [{ dtype, shape: repeats?.map(() => undefined) }];
    if (repeats && repeats.length !== shape.length)
      throw badShape(`repeats ${show(repeats)}: expected one for each axis of ${show(shape)}.`);
    return [{ dtype, shape: shape.map((extent, i) => multiply([extent, repeats?.[i]])) }];
  },
  samples: [{ inputs: [[2, 3], int64s(2, 1)] }, { inputs: [[2], int64s(0)] }],
});
