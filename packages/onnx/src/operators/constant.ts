import { tensor, type Tensor } from "@cajal/core";
import { elementsOf, isStatic, unknowns } from "../model/dims";
import { isCarried } from "../model/model";
import type { Attribute } from "../model/model";
import type { NodeWriter } from "./method";
import { badShape, defineOperator } from "./operator";
import { numbers, type Numbers } from "./shared/arguments";
import { int64s } from "./shared/lists";

const constantForms = {
  value: "tensor",
  value_float: "float",
  value_floats: "floats",
  value_int: "int",
  value_ints: "ints",
  value_string: "string",
  value_strings: "strings",
} as const;

/** `g.constant(tensor)` makes an initializer. */
export const constant = defineOperator({
  op: "Constant",
  constant: ({ attributes: { value } }) =>
    value?.type === "tensor" && !isCarried(value.value) ? value.value : undefined,
  inputs: [0, 0],
  outputs: [1, 1],
  types: [],
  attributes: { ...constantForms, sparse_value: "sparse_tensor" },
  infer: (node) => {
    const [form, ...otherForms] = Object.keys(constantForms).flatMap((name): Attribute[] => {
      const attribute = node.attribute(name);
      return attribute ? [attribute] : [];
    });
    if (otherForms.length > 0) throw badShape(`got ${1 + otherForms.length} values, expected one.`);
    switch (form?.type) {
      case "tensor": {
        const { dtype, shape } = form.value;
        const elements = isCarried(form.value) ? undefined : elementsOf(dtype, form.value.data);
        return [{ dtype, shape, elements }];
      }
      case "int":
        return [{ dtype: "int64", shape: [], elements: [form.value] }];
      case "float":
        return [{ dtype: "float32", shape: [], elements: [form.value] }];
      case "ints":
        return [{ dtype: "int64", shape: [form.value.length], elements: form.value }];
      case "floats":
        return [{ dtype: "float32", shape: [form.value.length], elements: form.value }];
      default:
        throw badShape("expected a number or a tensor as its value; strings are not supported.");
    }
  },
  samples: [
    { inputs: [], attributes: { value: tensor("float32", [2, 2], [1, 2, 3, 4]) } },
    { inputs: [], attributes: { value_ints: [1, 2, 3] } },
    { inputs: [], attributes: { value_float: 0.5 } },
  ],
});

export const constantOfShape = defineOperator({
  op: "ConstantOfShape",
  methods: {
    constantOfShape: (g: NodeWriter, shape: Numbers, attributes: { value?: Tensor } = {}) =>
      g.op("ConstantOfShape", [numbers(g, shape)], attributes),
  },
  since: 9,
  inputs: [1, 1],
  outputs: [1, 1],
  types: ["int64"],
  attributes: { value: "tensor" },
  infer: (node) => {
    const shapeInput = node.inputs[0];
    const attribute = node.attribute("value");
    const value = attribute?.type === "tensor" ? attribute.value : undefined;
    const shape = shapeInput.elements ?? unknowns(shapeInput.shape?.[0]);
    const length = isStatic(shape) ? shape.reduce((p, n) => p * n, 1) : Infinity;
    const fill = !value
      ? 0
      : isCarried(value)
        ? undefined
        : elementsOf(value.dtype, value.data)?.[0];
    return [
      {
        dtype: value?.dtype ?? "float32",
        shape,
        elements: length <= 256 ? Array.from({ length }, () => fill) : undefined,
      },
    ];
  },
  samples: [
    { inputs: [int64s(2, 3)] },
    { inputs: [int64s(2)], attributes: { value: tensor("int64", [1], [7]) } },
    { inputs: [tensor("int64", [0])] },
  ],
});
