// A layer applied to each step of a sequence: [batch, steps, …] is one batch of batch · steps to it, but for one that
// learns from a batch as a whole: in training it gets one step after the other, as in Keras 3.
// keras.io/api/layers/recurrent_layers/time_distributed
import { CajalError } from "@cajal/core";
import type { GraphBuilder, Value } from "@cajal/onnx";
import type { KerasShape } from "./definition/shape";
import { defineLayer, type InnerLayer } from "./definition/layer";
import { layer } from "./definition/layerField";
import { weightsWithin } from "./shared/weightsWithin";
import { integersOf } from "./shared/integers";
import { passesMask } from "./shared/masks";

export const timeDistributed = defineLayer({
  className: "TimeDistributed",
  fields: {
    /** The layer inside. */
    layer: layer(),
  },
  shape: ({ layer }, [x]) => {
    if (x.length < 3) throw new CajalError("bad-shape", "expected [batch, steps, …]", { got: x });
    const { rank, className } = layer.definition;
    if (rank !== undefined && x.length !== rank + 1)
      throw new CajalError(
        "bad-shape",
        `expected ${rank + 1} axes, one more than ${className} takes`,
        {
          got: x,
        },
      );
    return layer.definition
      .shape(layer.config, [stepOf(x)])
      .map(([, ...spatial]) => [x[0], x[1]!, ...spatial]);
  },
  weights: ({ layer }, [x]) => weightsWithin(layer, [stepOf(x)]),
  parts: ({ layer }) => ({ [layer.name]: { attribute: "layer", layer } }),
  macs: ({ layer }, [x], outputs) =>
    (x[1] ?? NaN) * (layer.definition.macs?.(layer.config, [stepOf(x)], outputs.map(stepOf)) ?? 0),
  integers: ({ layer }) => integersOf(layer),
  // Each step of a mask [batch, steps, inner steps] is that of the layer inside.
  mask: {
    ...passesMask,
    takes: "one",
    refuses: ({ layer: { definition } }, _, mask) =>
      mask.length < 3 && definition.mask?.takes && !definition.mask.inTraining
        ? `it wraps a ${definition.className}, which wants a mask of the steps within each step`
        : undefined,
  },
  layout: "channelsLast",
  lower: (config, [x], g, { inner, inputs, mask, outputs, trainable, training }) => {
    // Keras asks it to compute without calling it, and a call is what adds to the loss.
    const { activityRegularizer: _, ...layer } = config.layer;
    const [shape] = inputs;
    const stepShape = stepOf(shape);
    if (training && trainable && averages(layer, stepShape)) {
      const [, count] = shape;
      if (typeof count !== "number")
        throw new CajalError("unsupported", "a layer with moving averages is trained step by step, and the number of steps must be known. State it in the Input's shape, or freeze the layer.", { shape }); // prettier-ignore
      const masks = mask && eachStep(g, mask, count);
      const results = eachStep(g, x, count).map(
        (step, i) =>
          inner(layer, [step], {
            shapes: [stepShape],
            layout: "channelsLast",
            masks: [masks?.[i]],
          }).values,
      );
      return outputs.map((_, output) =>
        g.concat(
          results.map((values) => g.unsqueeze(values[output]!, [1])),
          { axis: 1 },
        ),
      );
    }
    const steps = g.reshape(x, extents(stepShape));
    const innerMask =
      mask && mask.shape && mask.shape.length > 2 ? innerMaskOf(g, mask) : undefined;
    const { values } = inner(layer, [steps], {
      shapes: [stepShape],
      layout: "channelsLast",
      masks: [innerMask],
    });
    return values.map((y, i) => {
      const innerExtents = extents(stepOf(outputs[i]!)).slice(1);
      if (shape[1] !== null) return g.reshape(y, [-1, shape[1]!, ...innerExtents]);
      const batchAndSteps = g.shape(x, { start: 0, end: 2 });
      return g.reshape(y, g.concat([batchAndSteps, g.int64s(innerExtents)], { axis: 0 }));
    });
  },
  samples: [
    { config: { layer: { class_name: "Dense", config: { units: 3 } } }, inputs: [[2, 4, 5]] },
    {
      config: { layer: { class_name: "Conv2D", config: { filters: 2, kernel_size: 3 } } },
      inputs: [[2, 3, 5, 4, 2]],
    },
    { config: { layer: { class_name: "Flatten", config: {} } }, inputs: [[2, 3, 2, 2, 2]] },
    {
      config: { layer: { class_name: "BatchNormalization", config: {} } },
      inputs: [[2, 3, 2, 2, 2]],
    },
  ],
});

/** Whether a layer has weights that follow its batches, or what is in it has. */
const averages = ({ definition, config, frozen }: InnerLayer, shape: KerasShape): boolean =>
  !frozen && (definition.weights?.(config, [shape]) ?? []).some(({ trainable }) => !trainable);

/** [batch, steps, …] as [batch, …] for each step. */
const eachStep = (g: GraphBuilder, x: Value, steps: number): Value[] =>
  (steps === 1 ? [x] : g.split(x, { axis: 1, sizes: Array.from({ length: steps }, () => 1) })).map(
    (step) => g.squeeze(step, [1]),
  );

/** A mask [batch, steps, …] as that of all steps as one batch. */
const innerMaskOf = (g: GraphBuilder, mask: Value): Value => {
  const rest = g.shape(mask, { start: 2, end: mask.shape!.length });
  return g.reshape(mask, g.concat([g.int64s([-1]), rest], { axis: 0 }));
};

/** The shape of all steps as one batch. */
const stepOf = (shape: KerasShape): KerasShape => [null, ...shape.slice(2)];

const extents = ([, ...rest]: KerasShape): number[] => {
  if (rest.includes(null))
    throw new CajalError("unsupported", "the extents of a step must be known", { shape: rest });
  return [-1, ...rest.map(Number)];
};
