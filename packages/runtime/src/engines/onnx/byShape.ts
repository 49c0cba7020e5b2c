// A Keras model whose graph depends on the shapes of what it is fed, such as one that differentiates a part of itself:
// it is lowered and opened for each combination of them.
import { tensor } from "@cajal/core";
import { outputNames, toOnnx, type KerasShape } from "@cajal/models";
import type { Dim } from "@cajal/onnx";
import type { OpenedModel } from "../../session/session";
import { isFixed, withInputShapes } from "../../step/model";
import type { KerasSource, OpenRequest } from "../engine";
import { doublingGraph } from "./doublingGraph";
import { graphCache } from "./graphCache";
import { openOnOnnx } from "./session";

type Shapes = Readonly<Record<string, readonly number[]>>;

/** @throws CajalError as `openOnOnnx`; where the batch alone is free, what cannot be lowered is refused now, not at the first run */
export async function openByShape(
  { network, weights }: KerasSource,
  request: OpenRequest,
): Promise<OpenedModel> {
  const graphOf = (shapes: Shapes) => toOnnx(withInputShapes(network, shapes, { batch: true }), weights); // prettier-ignore
  const { inputs, outputs } = network;
  if (inputs.every(({ shape }) => isFixed(shape)))
    graphOf(Object.fromEntries(inputs.map(({ from, shape }) => [from, [1, ...(shape.slice(1) as number[])]]))); // prettier-ignore
  const trial = await openOnOnnx(doublingGraph(), { ...request, shareKernels: false, isolate: false }); // prettier-ignore
  await trial.free();
  const { device } = trial;
  const graphs = graphCache((shapes: Shapes) =>
    openOnOnnx(graphOf(shapes), { ...request, device }),
  );
  /** No graph has a batch of none. */
  const ofNoExamples = (shapes: Shapes) => {
    const { outputs } = withInputShapes(network, shapes);
    return Object.fromEntries(
      outputNames(network).map((name, i) => {
        const { dtype, shape } = outputs[i]!;
        return [name, tensor(dtype, [0, ...shape.slice(1).map((extent) => extent ?? 0)])];
      }),
    );
  };
  return {
    engine: "onnx",
    device,
    inputs: inputs.map(({ from, dtype, shape }) => ({ name: from, dtype, shape: free(shape) })),
    outputs: outputNames(network).map((name, i) => {
      const { dtype, shape } = outputs[i]!;
      return { name, dtype, shape: free(shape) };
    }),
    run: async (feeds, options) => {
      const shapes = Object.fromEntries(
        Object.entries(feeds).map(([name, { shape }]) => [name, shape]),
      );
      if (Object.values(shapes).some(([examples]) => examples === 0)) return ofNoExamples(shapes);
      return graphs.use(shapes, (opened) => opened.run(feeds, options));
    },
    free: graphs.free,
  };
}

/** As a graph says it: the batch by its name. */
const free = (shape: KerasShape): Dim[] =>
  shape.map((extent, axis) => extent ?? (axis === 0 ? "batch" : undefined));
