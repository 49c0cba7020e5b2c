// What operators are to rules that go backwards by values and not by slopes: the lists by which DeepLIFT and
// relevance propagation tell what they can take back, and what they must refuse.
import { CajalError } from "@cajal/core";
import type { BackwardContext, BackwardRule } from "@cajal/onnx";

/** They move elements, or copy them. */
export const moving = [
  ..."Cast Concat DepthToSpace Dropout Expand Flatten Gather GatherElements".split(" "),
  ..."GatherND Identity Pad Reshape Slice SpaceToDepth Split Squeeze".split(" "),
  ..."Tile Transpose Unsqueeze".split(" "),
];

/** Sums over their inputs. */
export const linear =
  "Add AveragePool GlobalAveragePool Mean Neg ReduceMean ReduceSum Resize Sub Sum".split(" ");

/** Sums over products of their first two inputs. */
export const bilinear = "Conv ConvTranspose Gemm MatMul".split(" ");

/** They take the largest element of several. */
export const maxima = ["GlobalMaxPool", "MaxPool", "ReduceMax"];

/** One rule under the names of several operators. */
export const forEach = (
  operators: readonly string[],
  rule: BackwardRule,
): Readonly<Record<string, BackwardRule>> =>
  Object.fromEntries(operators.map((operator) => [operator, rule]));

/** Of a product or quotient: linear where one operand is constant. */
export const movingInputs = ({ inputs, wants }: BackwardContext): number[] =>
  inputs.flatMap((value, i) => (value && wants(i) ? [i] : []));

/** The rule for all others: there is none. */
export const refuses =
  (method: string): BackwardRule =>
  (_, { node }) => {
    throw new CajalError(
      "unsupported",
      `${method} has no rule for operator ${node.op}. Methods by plain gradients, such as integrated-gradients, take it.`,
      { node: node.name, op: node.op, method },
    );
  };
