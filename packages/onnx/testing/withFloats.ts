// A model with all of its float numbers of one type, so that differences can be taken in float64.
import { tensor, type Tensor } from "@cajal/core";
import type { Attribute, Initializer, Node, OnnxModel, ValueInfo } from "../src/model/model";
import { operator } from "../src/operators";
import { dataTypeOf, type ElementType } from "../src/model/elementType";
import { isCarried } from "../src/model/model";

type Float = "float32" | "float64";

const isFloat = (dtype: ElementType) => /^float(16|32|64)$/.test(dtype);

/** The model in `dtype`; what an operator takes as float32 only (the scales of Resize) stays so. */
export function withFloats(model: OnnxModel, dtype: Float): OnnxModel {
  const { graph } = model;
  const fixedNames = new Set(graph.nodes.flatMap(fixedInputs));
  const info = (value: ValueInfo): ValueInfo =>
    isFloat(value.dtype) && !fixedNames.has(value.name) ? { ...value, dtype } : value;
  return {
    ...model,
    graph: {
      ...graph,
      nodes: graph.nodes.map((node) => ({
        ...node,
        attributes: {
          ...Object.fromEntries(
            Object.entries(node.attributes).map(([name, value]) => [
              name,
              attributeIn(node, name, value, dtype),
            ]),
          ),
          // Without it the operator reckons in float32.
          ...(node.op === "GroupNormalization"
            ? { stash_type: { type: "int" as const, value: dataTypeOf(dtype) } }
            : {}),
        },
      })),
      initializers: new Map(
        [...graph.initializers].map(([name, value]) => [
          name,
          fixedNames.has(name) ? value : initializerIn(value, dtype),
        ]),
      ),
      inputs: graph.inputs.map(info),
      outputs: graph.outputs.map(info),
      values: new Map(),
    },
  };
}

/** Floats in another type; other tensors as they are. */
export function tensorIn(value: Tensor, dtype: Float): Tensor {
  return isFloat(value.dtype) ? tensor(dtype, value.shape, numbersIn(value)) : value;
}

const initializerIn = (value: Initializer, dtype: Float) =>
  isCarried(value) ? value : tensorIn(value, dtype);

/** The elements as numbers. */
export function numbersIn({ dtype, data }: Tensor): number[] {
  const numbers = Array.from(data as ArrayLike<number | bigint>, Number);
  return dtype === "float16" ? numbers.map(ofHalf) : numbers;
}

/** The number of IEEE 754 half-precision bits. */
function ofHalf(bits: number): number {
  const [sign, exponent, mantissa] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  if (exponent === 31) return mantissa ? NaN : sign * Infinity;
  return (
    sign * (exponent ? (1 + mantissa / 1024) * 2 ** (exponent - 15) : mantissa / 1024 / 2 ** 14)
  );
}

function fixedInputs({ op, domain, inputs }: Node): string[] {
  const types = operator(op, domain)?.types ?? [];
  return inputs.filter((_, i) => types[Math.min(i, types.length - 1)]?.startsWith("float32"));
}

function attributeIn(node: Node, name: string, value: Attribute, dtype: Float): Attribute {
  if (value.type === "tensor") return { type: "tensor", value: initializerIn(value.value, dtype) };
  const casts = (node.op === "Cast" && name === "to") || name === "dtype" || name === "stash_type";
  if (casts && value.type === "int" && [1, 10, 11].includes(value.value))
    return { type: "int", value: dataTypeOf(dtype) };
  return value;
}
