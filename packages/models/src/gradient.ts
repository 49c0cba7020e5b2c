// The gradient of one value of a model by another, as a layer: for losses of gradients, such as the gradient penalty of
// WGAN-GP (Gulrajani et al. 2017, arXiv:1704.00028), and for networks that solve differential equations (Raissi et al.
// 2019, doi:10.1016/j.jcp.2018.10.045). Keras has no such layer; it is one for `net.own`. An entry of its own, for it takes
// with it what differentiates graphs, which nothing else of this package needs.
import { CajalError, isCajalError } from "@cajal/core";
import { gradients, vanishingAt } from "@cajal/onnx";
import { defineLayer } from "./layers/definition/layer";

/**
 * The gradient of the sum of its first input's elements by its second, of the second's shape: `tape.gradient(y, x)` in
 * TensorFlow. Where examples do not depend on one another (no batch normalization in training), each example's is that of
 * its own.
 *
 * `y` must be computed from `x`, which may be an input of the model or what any of its layers gives. The layer is
 * differentiated like every other, so losses may be of it; it runs on engine onnx.
 *
 * @example
 * const image = net.input([28, 28, 1]);
 * const score = net.layer("Dense", { units: 1 }, net.layer("Flatten", {}, image));
 * const slope = net.own(gradient, {}, [score, image]); // [null, 28, 28, 1]
 * const model = net.model(image, [score, slope]);
 * await open(model, weights, { layers: [gradient] });
 */
export const gradient = defineLayer({
  className: "Gradient",
  fields: {},
  arity: [2, 2],
  sources: [1],
  shape: (_, [, x]) => [x],
  lower: (_, [y], g, { source, arrange }) => {
    const { value: x, layout } = source(1);
    const vanishing = vanishingAt(g, [y], [x]);
    if (vanishing)
      throw new CajalError(
        "bad-model",
        vanishing.length === 0
          ? `its first input is not computed from its second. Give it what is to be differentiated, and then a value that this is computed from.`
          : `its first input depends on its second only through "${vanishing[0]!.name}" (${vanishing[0]!.op}), whose output moves in steps: the gradient is 0 everywhere.`,
      );
    arrange(layout);
    try {
      return gradients(g, y, [x]);
    } catch (cause) {
      const isFree = x.shape?.some((extent) => typeof extent !== "number");
      if (!isCajalError(cause, "unsupported") || !isFree) throw cause;
      throw new CajalError(
        "unsupported",
        `${cause.message} Here that is the batch too: net.input(shape, { batch_size: 1 }). \`open\`, \`openGradient\` and training know it by themselves.`,
        cause.facts,
        { cause },
      );
    }
  },
  samples: [],
});
