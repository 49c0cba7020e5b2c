// A layer whose config says `channels_first`: what comes in and goes out is [batch, channels, …]. Its rules
// speak of channels last; here they are asked about shapes in that order. In a graph, where channels come
// first anyway, nothing is turned.
import type { GraphBuilder, Value } from "@cajal/onnx";
import type { KerasShape } from "../definition/shape";
import type { Layer, Layout, LowerContext } from "../definition/layer";
import { activate, activationOf } from "../definition/activations";
import { axisIn, convert } from "./layouts";

type Config = Readonly<Record<string, unknown>>;

/** The layer with `data_format: "channels_first"`. */
export function channelsFirst(definition: Layer): Layer {
  /** How many axes stand before those of an image, batch and steps. */
  const leadingAxes = ({ length }: KerasShape) =>
    definition.sequences && length === definition.rank ? 2 : 1;
  const isImage = (shape: KerasShape) => shape.length > leadingAxes(shape) + 1;
  const last = (shape: KerasShape): KerasShape =>
    isImage(shape) ? toLast(shape, leadingAxes(shape)).map((axis) => shape[axis]!) : shape;
  const first = (shape: KerasShape): KerasShape =>
    isImage(shape) ? toFirst(shape, leadingAxes(shape)).map((axis) => shape[axis]!) : shape;
  return {
    ...definition,
    channelsLast: definition,
    shape: (config, inputs) => definition.shape(config, inputs.map(last)).map(first),
    ...(definition.weights && {
      weights: (config: Config, inputs: readonly KerasShape[]) =>
        definition.weights!(config, inputs.map(last)),
    }),
    ...(definition.macs && {
      macs: (config: Config, inputs: readonly KerasShape[], outputs: readonly KerasShape[]) =>
        definition.macs!(config, inputs.map(last), outputs.map(last)),
    }),
    // As in Keras, which is channels first.
    layout: "channelsLast",
    lower(config, values, g, context) {
      const inputs = context.inputs.map(last);
      const outputs = context.outputs.map(last);
      const layout: Layout =
        definition.layout === "channelsLast" ? "channelsLast" : "channelsFirst";
      const layouts: Layout[] = outputs.map((shape) =>
        shape.length > 2 ? layout : "channelsLast",
      );
      const innerContext: LowerContext = {
        ...context,
        inputs,
        outputs,
        layout,
        axis: (axis, rank = inputs[0]!.length) => axisIn(layout, axis, rank),
        arrange: (otherLayout, i = 0) => void (layouts[i] = otherLayout),
      };
      const { withoutActivation, along } = withoutSoftmax(definition, config);
      const operands = values.map((value, i) =>
        layout === "channelsLast" && isImage(inputs[i]!)
          ? g.transpose(value, toLast(inputs[i]!, leadingAxes(inputs[i]!)))
          : value,
      );
      return definition.lower(withoutActivation, operands, g, innerContext).map((value, i) => {
        const asKeras = toKerasOrder(value, outputs[i]!, layouts[i]!, g);
        return along ? activate(along, asKeras, g, outputs[i]!.length - 1) : asKeras;
      });

      function toKerasOrder(value: Value, shape: KerasShape, lies: Layout, g: GraphBuilder): Value {
        if (typeof lies === "object") context.arrange(lies);
        if (typeof lies === "object" || !isImage(shape)) return value;
        if (leadingAxes(shape) === 1) return convert(g, value, shape, lies, "channelsFirst");
        return g.transpose(value, toFirst(shape, leadingAxes(shape)));
      }
    },
  };
}

/** Keras applies a softmax along the last axis, which is no axis of channels here. */
function withoutSoftmax(
  definition: Layer,
  config: Config,
): { withoutActivation: Config; along?: string } {
  const ending = definition.ending?.(config);
  if (!ending?.without || !activationOf(ending.activation)?.alongAxis)
    return { withoutActivation: config };
  return { withoutActivation: ending.without.config, along: ending.activation };
}

/** The order of axes that turns channels behind `leading` axes into channels last. */
const toLast = ({ length }: KerasShape, leadingAxes: number) => [
  ...count(0, leadingAxes),
  ...count(leadingAxes + 1, length),
  leadingAxes,
];

/** And back. */
const toFirst = ({ length }: KerasShape, leadingAxes: number) => [
  ...count(0, leadingAxes),
  length - 1,
  ...count(leadingAxes, length - 1),
];

const count = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
