import { CajalError, showShape, type Shape, type Tensor } from "@cajal/core";
import type { Loss } from "@cajal/runtime";
import { classCount, defineLoss, isWeightless, numbersOf } from "./defineLoss";
import { logAddExp, logSumExp, nothing } from "./shared/logarithms";

/**
 * Connectionist temporal classification (Graves et al. 2006): −log of the probability that a sequence of outputs, without
 * repetitions and then without blanks, is the label, over all ways in which it may come about.
 *
 * The output is `[batch, steps, classes]`, logits, of which class 0 is the blank. `yTrue` `[batch, length]`, class numbers from
 * 1, and behind them zeros where a label is shorter. As in Keras all steps count. Each step becomes nodes of the graph on
 * engine `onnx`: with a hundred it opens in seconds, with several hundred in half a minute.
 */
export const ctc = defineLoss(["ctc"], (): Loss => ({
  name: "ctc",
  logitsOf: "softmax",
  checkLabels,
  compute(ops, yTrue, yPred) {
    const classes = classCount("ctc", ops, yPred);
    const length = ops.extent(yTrue, -1);
    if (length === undefined)
      throw new CajalError("bad-shape", "ctc: the length of the labels is not known.");
    const upTo = (count: number) => [...Array(count).keys()];
    // Blanks stand before, between and behind the characters of a label.
    const states = 2 * length + 1;
    const y = ops.cast(yTrue, "float32");
    const places = ops.oneHot(ops.constant(upTo(length).map((i) => 2 * i + 1)), states);
    const characters = ops.matMul(y, places); // [batch, states]
    // Finite, for 0 · −∞ is NaN.
    const logP = ops.clip(ops.logSoftmax(yPred), nothing, 0);
    const emitted = ops.matMul(ops.oneHot(characters, classes), ops.transpose(logP, [0, 2, 1]));

    const count = ops.reduceSum(ops.cast(ops.greater(y, 0), "float32"), { axes: [-1], keepDims: true }); // prettier-ignore
    const before = (value: number) => ops.add(ops.mul(count, 0), ops.constant([value, value]));
    const noState = before(nothing); // [batch, 2]
    /** Of the states, those that are one or two before each. */
    const earlier = (x: typeof yPred, by: 1 | 2) =>
      ops.slice(x, { axis: -1, start: 2 - by, end: 2 - by + states });
    const isBlankOrSame = ops.equal(
      characters,
      earlier(ops.concat([before(0), characters], -1), 2),
    );
    const [first, ...others] = ops.unstack(emitted, -1); // [batch, states] for each step
    const beginnings = ops.constant(upTo(states).map((state) => (state < 2 ? 0 : nothing)));
    let reached = ops.add(first!, beginnings);
    for (const each of others) {
      const all = ops.concat([noState, reached], -1);
      // The blank between two characters may be left out where they differ.
      const fromCharacter = ops.where(isBlankOrSame, nothing, earlier(all, 2));
      reached = ops.add(logAddExp(ops, [reached, earlier(all, 1), fromCharacter]), each);
    }
    // It ends in the last character, 2 count − 1, or the blank behind it.
    const fromEnd = ops.abs(ops.sub(ops.constant(upTo(states)), ops.sub(ops.mul(count, 2), 0.5)));
    return ops.neg(logSumExp(ops, ops.where(ops.less(fromEnd, 1), reached, nothing)));
  },
}));

/**
 * Labels that Keras would take silently: class numbers that there are not, or that no sequence of that many steps gives.
 *
 * @throws CajalError `bad-shape`, `bad-argument`
 */
function checkLabels(yTrue: Tensor, output: Shape, weight?: Tensor): void {
  const { shape, dtype } = yTrue;
  if (output.length !== 3 || shape.length !== 2 || shape[0] !== output[0])
    throw new CajalError(
      "bad-shape",
      `ctc: got labels ${showShape(shape)} for an output of ${showShape(output)}, expected labels [batch, length] and an output [batch, steps, classes].`,
      { labels: shape, output },
    );
  const [steps, classes] = [output[1]!, output[2]!];
  const data = Array.from(numbersOf(yTrue), Number);
  const [examples, length] = shape as [number, number];
  for (let example = 0; example < examples; example++) {
    if (isWeightless(weight, example, examples)) continue;
    const label = data.slice(example * length, (example + 1) * length);
    const wrong = label.find((c) => !(Number.isInteger(c) && c >= 0 && c < classes));
    if (wrong !== undefined)
      throw new CajalError(
        "bad-argument",
        `ctc: label ${example} of the batch has ${wrong} (${dtype}), expected class numbers in 1 … ${classes - 1}, and 0 behind them.`,
        { index: example, label: wrong, classes },
      );
    const count = label.filter((c) => c !== 0).length;
    if (label.slice(0, count).includes(0))
      throw new CajalError(
        "bad-argument",
        `ctc: label ${example} of the batch has a 0 before another number. 0 is the blank, and stands behind a shorter label only: count classes from 1.`,
        { index: example },
      );
    const repeated = label.filter((c, i) => i > 0 && c !== 0 && c === label[i - 1]).length;
    if (count + repeated > steps)
      throw new CajalError(
        "bad-argument",
        `ctc: label ${example} of the batch has ${count} numbers${repeated > 0 ? `, ${repeated} of them like the one before it` : ""}, and the output ${steps} steps, expected at least ${count + repeated}: shorten the label, or shrink the input less.`,
        { index: example, count, repeated, steps },
      );
  }
}
