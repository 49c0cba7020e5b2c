// The mean gradient along each image's straight path from a baseline, as integrated gradients take it:
//   Σᵢ wᵢ g(b + aᵢ (x − b)).
// The engine adds up what it computes at once. Where a network begins with a costly part that is affine, h = A x + c, the
// sum is taken behind it, and goes back through it once: Σᵢ wᵢ Aᵀ gᵢ = Aᵀ Σᵢ wᵢ gᵢ.
import type { Tensor } from "@cajal/core";
import type { Progress } from "../../network/network";
import { pathGraph } from "../../network/path";
import { rowOf, rowsOf } from "../../network/rows";
import { partOf, type Call } from "../call";
import { rowsOfEach, sums, type Sums } from "./evaluate";
import type { Quadrature } from "./quadrature";

/** @param from baselines, one for each image */
export async function meanGradients(
  call: Call,
  from: Tensor<"float32">,
  points: Quadrature,
): Promise<Sums> {
  const { images, network, control } = call;
  const { image } = network.graph;
  // On TF.js gradients are by layers, of which a stem need not be one.
  const stem = network.engine === "onnx" ? network.graph.stem : undefined;
  const [count, ...shape] = images.shape as [number, ...number[]];
  const mean = sums(count, shape);
  const steps = points.alphas.length;
  for (let i = 0; i < count; i++) {
    const one = partOf(call, i, i + 1);
    const onProgress = ({ done }: Progress) =>
      control.onProgress?.({ done: i * steps + done, total: count * steps });
    const ofOne = { ...one, control: { ...control, onProgress } };
    const start = rowOf(from, i);
    const behind = await meanGradient(ofOne, start, points, stem ?? image);
    if (stem === undefined) mean.add(i, behind.data);
    else
      await network.pass(
        {
          feeds: { [image]: rowsOf(one.images) },
          of: stem,
          dy: rowsOf(behind.tensor()),
          by: [image],
          use: (_, { gradients }) => mean.add(i, gradients[image]!.data),
        },
        { signal: control.signal },
      );
  }
  return mean;
}

/** The mean gradient by a value, of one image. */
async function meanGradient(
  call: Call,
  from: Float32Array,
  { alphas, weights }: Quadrature,
  value: string,
): Promise<Sums> {
  const { network, scores, targets, control } = call;
  let mean: Sums | undefined;
  await network.pass(
    {
      ...pathOf(call, from, alphas),
      of: scores,
      dy: () => targets[0]!,
      by: [value],
      sum: {
        weight: (row) => weights[row]!,
        add(gradients) {
          const { shape, data } = gradients[value]!;
          mean ??= sums(1, shape);
          mean.add(0, data);
        },
      },
    },
    control,
  );
  return mean!;
}

/** The points of one image's path as a network is fed them: where a graph can be put before it, it computes them. */
function pathOf(call: Call, from: Float32Array, alphas: readonly number[]) {
  const { network, images } = call;
  if (network.engine === "tfjs")
    return { feeds: { [network.graph.image]: alongPath(call, from, alphas) } };
  const { key, model, feeds } = pathGraph(network.graph, images.shape.slice(1));
  return { model: { key, model }, ...feeds(from, rowOf(images, 0), alphas) };
}

/** The points of each image's path: b + a (x − b). */
export const alongPath = (call: Call, from: Float32Array, alphas: readonly number[]) =>
  rowsOfEach(call, alphas.length, (image, k, to) => {
    const x = rowOf(call.images, image);
    const a = alphas[k]!;
    const at = image * x.length;
    for (let i = 0; i < x.length; i++) to[i] = from[at + i]! + a * (x[i]! - from[at + i]!);
  });
