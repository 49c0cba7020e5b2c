import { CajalError, tensor } from "@cajal/core";
import { defineGradient, inFloat32 } from "./gradient";
import { dft } from "./shared/fourier";
import { staticShape } from "./shared/sumTo";
import { throughExpansion } from "./shared/throughExpansion";

const int64 = (n: number) => tensor("int64", [], [n]);

export const stft = defineGradient({
  op: "STFT",
  inputs: 2,
  // The DFT of frames of the signal, each times the window.
  gradient: throughExpansion(({ node, inputs: [signal, , window], constant, int }, g) => {
    const shape = staticShape(signal, "of STFT");
    const step = constant(1) && Number(constant(1)!.data[0]);
    const statedLength = constant(3) && Number(constant(3)!.data[0]);
    const length = window ? staticShape(window, "of STFT", 1)[0] : statedLength;
    if (!step || !length)
      throw new CajalError(
        "unsupported",
        `node "${node.name}": the gradient of STFT needs a frame_step and a frame_length that are constants.`,
        { node: node.name, op: node.op },
      );
    const count = Math.floor((shape[1]! - length) / step) + 1;
    const positions = Array.from(
      { length: count * length },
      (_, i) => Math.floor(i / length) * step + (i % length),
    );
    const frames = g.gather(
      shape.length === 2 ? g.unsqueeze(signal, [2]) : signal,
      g.constant(tensor("int64", [count, length], positions)),
      { axis: 1 },
    ); // [batch, frames, length, 1 or 2]
    const windowed = window ? g.mul(frames, g.reshape(window, [length, 1])) : frames;
    return [dft(g, windowed, { axis: 2, onesided: int("onesided", 1) === 1 })];
  }),
  samples: inFloat32([
    { inputs: [[2, 12, 1], int64(4), undefined, int64(4)] },
    { inputs: [[1, 11, 1], int64(3), [5]], attributes: { onesided: 0 } },
    { inputs: [[1, 10, 1], int64(2), [4], int64(4)] },
  ]),
});
