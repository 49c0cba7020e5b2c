// Activations that exporters write as products: SiLU x σ(x), GELU x (1 + erf(x/√2)) / 2, Mish and hard swish without
// operators of their own. They are functions of one input, element by element, as ReLU is.
import type { GraphBuilder, Node } from "@cajal/onnx";
import { activations } from "../network/activations";

const arithmetic = ["Add", "Div", "Identity", "Mul", "Neg", "Pow", "Sub"];

/** Which of a product's operands the other one is a function of, element by element; undefined where neither is. */
export function gatedOperand({ inputs }: Node, g: GraphBuilder): 0 | 1 | undefined {
  const [a, b] = inputs as [string, string];
  const makers = new Map(g.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const))); // prettier-ignore
  const isConstant = (name: string): boolean => {
    const maker = makers.get(name);
    if (maker) return maker.inputs.every((input) => input === "" || isConstant(input));
    return !g.inputs.some((input) => input.name === name);
  };
  /** What a value is a multiple of. */
  const scaledFrom = (name: string): string => {
    const maker = makers.get(name);
    if (maker?.op !== "Mul" && maker?.op !== "Div") return name;
    const moving = maker.inputs.filter((input) => !isConstant(input));
    return moving.length === 1 && (maker.op === "Mul" || moving[0] === maker.inputs[0])
      ? scaledFrom(moving[0]!)
      : name;
  };
  const isFunctionOf = (name: string, x: string, depth = 0): boolean => {
    if (name === x) return true;
    const maker = makers.get(name);
    if (!maker || depth > 12 || ![...activations, ...arithmetic].includes(maker.op)) return false;
    const moving = maker.inputs.filter((input) => input !== "" && !isConstant(input));
    return moving.length > 0 && moving.every((input) => isFunctionOf(input, x, depth + 1));
  };
  const shape = (name: string) => g.value(name).shape?.join();
  if (shape(a) !== shape(b)) return undefined;
  if (isFunctionOf(b, scaledFrom(a))) return 0;
  return isFunctionOf(a, scaledFrom(b)) ? 1 : undefined;
}
