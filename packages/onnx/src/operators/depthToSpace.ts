// Operators that exchange channels for places, in square blocks.
import { show } from "../model/dims";
import type { Methods, NodeWriter, Value } from "./method";
import { badShape, defineOperator, type Operator } from "./operator";
import { alongFirst } from "./shared/examples";

const blocks = <M extends Methods>(
  op: string,
  methods: M,
  samples: Operator["samples"],
): Operator<M> =>
  defineOperator({
    op,
    methods,
    inputs: [1, 1],
    outputs: [1, 1],
    types: ["any"],
    examples: alongFirst,
    attributes: { blocksize: "int", mode: "string" },
    choices: { mode: ["DCR", "CRD"] },
    required: ["blocksize"],
    infer: (node) => {
      const { dtype, shape } = node.inputs[0];
      if (!shape) return [{ dtype, shape: undefined }];
      if (shape.length !== 4)
        throw badShape(`input ${show(shape)}: expected [batch, channels, height, width].`);
      const size = node.int("blocksize", 1);
      if (size < 1) throw badShape(`blocksize is ${size}, expected at least 1.`);
      const [batch, ...spatial] = shape;
      const [channels, height, width] = spatial.map((extent, axis) => {
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

export const depthToSpace = blocks(
  "DepthToSpace",
  {
    depthToSpace: (
      g: NodeWriter,
      x: Value,
      attributes: { blocksize: number; mode?: "DCR" | "CRD" },
    ) => g.op("DepthToSpace", [x], attributes),
  },
  [
    { inputs: [[1, 8, 2, 3]], attributes: { blocksize: 2 } },
    { inputs: [[1, 8, 2, 3]], attributes: { blocksize: 2, mode: "CRD" } },
  ],
);

export const spaceToDepth = blocks(
  "SpaceToDepth",
  {
    spaceToDepth: (g: NodeWriter, x: Value, attributes: { blocksize: number }) =>
      g.op("SpaceToDepth", [x], attributes),
  },
  [{ inputs: [[1, 2, 4, 6]], attributes: { blocksize: 2 } }],
);
