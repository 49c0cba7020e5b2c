// Gradients of a Keras model that differentiates a part of itself, whose graph depends on the size of the batch: it is lowered
// for each.
import type { GradientRequest, OpenedGradient } from "../../session/gradientSession";
import { isFixed, withInputShapes } from "../../step/model";
import type { KerasSource } from "../engine";
import { openGradientOnOnnx } from "./gradient";
import { graphCache } from "./graphCache";

/** @throws CajalError as `openGradientOnOnnx`; `unsupported` where an extent besides the batch is free, and is needed */
export async function openGradientByShape(
  source: KerasSource,
  request: GradientRequest,
): Promise<OpenedGradient> {
  const { network, weights } = source;
  const { inputs } = network;
  const isFree = inputs.some(({ shape }) => shape[0] === null);
  if (!isFree || !inputs.every(({ shape }) => isFixed(shape)))
    return openGradientOnOnnx(source, request);
  const openFor = (examples: number) => {
    const shapes = inputs.map(({ from, shape }) => [from, [examples, ...(shape.slice(1) as number[])]]); // prettier-ignore
    const fixed = withInputShapes(network, Object.fromEntries(shapes), { batch: true });
    return openGradientOnOnnx({ network: fixed, weights }, request);
  };
  const graphs = graphCache(openFor);
  return graphs.use(1, ({ engine, device, block, inputs: ofOne }) =>
    Promise.resolve({
      engine,
      device,
      block,
      inputs: ofOne.map(({ shape, ...input }) => ({ ...input, shape: ["batch", ...(shape?.slice(1) ?? [])] })), // prettier-ignore
      run: (tensors, dy) => {
        const examples = Object.values(tensors)[0]?.shape[0] ?? 1;
        return graphs.use(examples, (opened) => opened.run(tensors, dy));
      },
      free: graphs.free,
    } satisfies OpenedGradient),
  );
}
