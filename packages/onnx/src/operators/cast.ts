import { tensor } from "@cajal/core";
import { dataTypeOf, dtypeOf, typeNamed, type ElementType } from "../model/elementType";
import type { Methods, NodeWriter, Value } from "./method";
import { defineOperator, type InferenceContext, type Operator } from "./operator";
import { elementByElement } from "./shared/examples";
import { rounded } from "./shared/elementwise";

const casting = <M extends Methods>(
  op: "Cast" | "CastLike",
  methods: M,
  type: (node: InferenceContext<1>) => ElementType,
): Operator<M> =>
  defineOperator({
    op,
    methods,
    ...(op === "CastLike" ? { since: 15 } : {}),
    ending: "moves",
    ...(op === "Cast" ? { examples: elementByElement } : {}),
    inputs: op === "Cast" ? [1, 1] : [2, 2],
    outputs: [1, 1],
    types: op === "Cast" ? ["any"] : ["any:*"],
    attributes:
      op === "Cast"
        ? { to: "int", saturate: "int", round_mode: "string" }
        : { saturate: "int", round_mode: "string" },
    ...(op === "Cast" ? { required: ["to"] } : {}),
    infer: (node) => {
      const { shape, elements } = node.inputs[0];
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

export const cast = casting(
  "Cast",
  {
    cast: (g: NodeWriter, x: Value, to: ElementType) => g.op("Cast", [x], { to: dataTypeOf(to) }),
  },
  (node) => {
    // Named by a word before opset 6.
    const to = node.attribute("to");
    return to?.type === "string" ? typeNamed(to.value) : dtypeOf(node.int("to", 0));
  },
);

export const castLike = casting(
  "CastLike",
  { castLike: (g: NodeWriter, x: Value, like: Value) => g.op("CastLike", [x, like]) },
  (node) => node.inputs[1]!.dtype,
);
