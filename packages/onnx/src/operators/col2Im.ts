import { tensor } from "@cajal/core";
import { multiply, numbersOf, show, unify, unknowns } from "../model/dims";
import type { Dim } from "../model/model";
import type { NodeWriter, Value } from "./method";
import { badShape, defineOperator } from "./operator";
import { numbers, type Numbers } from "./shared/arguments";
import { slide, windowOf, type WindowAttributes } from "./shared/windows";

export const col2Im = defineOperator({
  op: "Col2Im",
  methods: {
    col2Im: (
      g: NodeWriter,
      x: Value,
      image_shape: Numbers,
      block_shape: Numbers,
      attributes: Omit<WindowAttributes, "auto_pad"> = {},
    ) => g.op("Col2Im", [x, numbers(g, image_shape), numbers(g, block_shape)], { ...attributes }),
  },
  since: 18,
  inputs: [3, 3],
  outputs: [1, 1],
  types: ["any", "int64", "int64"],
  attributes: { dilations: "ints", pads: "ints", strides: "ints" },
  infer: (node) => {
    // input [batch, channels · product(block), blocks] → [batch, channels, ...image]
    const [x, size, block] = node.inputs;
    unify(size.shape?.[0], block.shape?.[0], () => "lengths of image_shape and block_shape");
    for (const [name, list] of [
      ["image_shape", numbersOf(size)],
      ["block_shape", numbersOf(block)],
    ] as const)
      // prettier-ignore
      if (list?.some((each) => each < 1))
        throw badShape(`${name} [${list.join()}]: expected numbers of at least 1.`);
    const kernel = numbersOf(block);
    const spatial = size.elements ?? unknowns(size.shape?.[0]);
    if (!spatial) return [{ dtype: x.dtype, shape: undefined }];
    if (x.shape && x.shape.length !== 3)
      throw badShape(`input ${show(x.shape)}: expected [batch, channels · block, blocks].`);
    const area = kernel?.reduce((p, k) => p * k, 1);
    if (kernel) {
      const window = windowOf(node, kernel);
      const blocks = slide(spatial, window).reduce<Dim>((p, n) => multiply([p, n]), 1);
      unify(x.shape?.[2], blocks, () => `blocks of input ${show(x.shape)} and of the image ${show(spatial)}`); // prettier-ignore
    }
    const [batch, columns] = x.shape ?? [undefined, undefined];
    if (typeof columns === "number" && area && columns % area !== 0)
      throw badShape(`axis 1 of ${show(x.shape)} does not divide by the block's ${area}.`);
    const channels = typeof columns === "number" && area ? columns / area : undefined;
    return [
      {
        dtype: x.dtype,
        shape: [batch, channels, ...spatial],
      },
    ];
  },
  samples: [
    {
      inputs: [[2, 12, 9], tensor("int64", [2], [4, 4]), tensor("int64", [2], [2, 2])],
    },
    {
      inputs: [[1, 9, 9], tensor("int64", [2], [5, 5]), tensor("int64", [2], [3, 3])],
      attributes: { strides: [2, 2], pads: [1, 1, 1, 1] },
    },
  ],
});
