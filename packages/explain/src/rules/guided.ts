// Two other ways back through ReLU. ReLU6, a Clip from 0, counts as a ReLU, and so does one inside of another function,
// such as that of PyTorch's LPPool; the libraries that hook modules `torch.nn.ReLU` leave both as they are.
import type { BackwardContext, BackwardRule } from "@cajal/onnx";
import type { NamedRules } from "../network/network";

const isRelu = ({ node, constant }: BackwardContext): boolean =>
  node.op === "Relu" || (node.op === "Clip" && constant(1)?.data[0] === 0);

const throughRelu = (key: string, rule: BackwardRule): NamedRules => {
  const orGradient: BackwardRule = (dys, context, g) =>
    isRelu(context) ? rule(dys, context, g) : context.gradient(dys);
  return { key, make: () => ({ Relu: orGradient, Clip: orGradient }) };
};

/** Guided backpropagation (Springenberg et al. 2014, arXiv:1412.6806): dx = max(dy, 0) where x > 0. */
export const guided = throughRelu("guided", ([dy], { gradient }, g) => gradient([g.relu(dy!)]));

/** Deconvolution (Zeiler & Fergus 2013, arXiv:1311.2901): dx = max(dy, 0), whatever x is. */
export const deconvolved = throughRelu("deconvolved", ([dy], _, g) => [g.relu(dy!)]);
