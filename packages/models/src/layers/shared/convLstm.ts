// An LSTM whose products are convolutions (Shi et al. 2015, arXiv:1506.04214), over sequences of one, two or three
// axes. The recurrent convolution is always "same". Gates: input, forget, cell, output.
import { CajalError } from "@cajal/core";
import type { GraphBuilder, Value } from "@cajal/onnx";
import { activate } from "../definition/activations";
import * as f from "../definition/fields";
import type { KerasObject } from "../definition/fields";
import type { LowerContext } from "../definition/layer";
import type { KerasShape, RankedShape } from "../definition/shape";
import { trainable, weightFields } from "../definition/weightFields";
import { toFirst, toLast } from "./layouts";
import { channelsOf } from "./shapes";
import { padAttributes, slide, windows } from "./windows";

/** Each makes some twenty nodes. */
const mostSteps = 10_000;

type Extents = f.Field<readonly number[], number | readonly number[]>;

/** @param ones steps of 1, along every axis */
export const convLstmFields = <Size extends Extents, Step extends Extents>(
  kernel_size: Size,
  ones: Step,
) => ({
  filters: f.positive(),
  kernel_size,
  strides: ones,
  padding: f.oneOf(["valid", "same"])("valid"),
  data_format: f.dataFormat("channels_last"),
  dilation_rate: ones,
  activation: f.activation("tanh"),
  recurrent_activation: f.activation("sigmoid"),
  use_bias: f.flag(true),
  unit_forget_bias: f.flag(true),
  ...weightFields("kernel", "glorot_uniform"),
  ...weightFields("recurrent", "orthogonal"),
  ...weightFields("bias", "zeros"),
  dropout: f.rate(0),
  recurrent_dropout: f.rate(0),
  return_sequences: f.flag(false),
  return_state: f.flag(false),
  go_backwards: f.flag(false),
  seed: f.seed(null),
});

type Config = Omit<
  f.ConfigOf<ReturnType<typeof convLstmFields>>,
  "kernel_size" | "strides" | "dilation_rate"
> & {
  readonly kernel_size: readonly number[];
  readonly strides: readonly number[];
  readonly dilation_rate: readonly number[];
};

const product = (values: readonly number[]) => values.reduce((a, b) => a * b, 1);

/** The layer's rules, for sequences of images of so many axes. */
export const convLstmRules = (className: string, axes: number) =>
  ({
    shape: (config: Config, [x]: readonly [KerasShape]): KerasShape[] => {
      channelsOf(x);
      const [batch, steps, ...image] = x as RankedShape<3>;
      const axes = slide(config.kernel_size, config);
      const state = [batch, ...axes.map((axis, i) => windows(image[i]!, axis)), config.filters];
      const [first, ...otherStates] = state;
      return [
        config.return_sequences ? [first!, steps!, ...otherStates] : state,
        ...(config.return_state ? [state, state] : []),
      ];
    },
    weights: (config: Config, [x]: readonly [KerasShape]) => {
      const { filters, kernel_size, unit_forget_bias, use_bias } = config;
      const kernel = [...kernel_size, channelsOf(x), 4 * filters];
      const bias = trainable(config, "bias", [4 * filters], "conv_lstm_cell/bias");
      const forgetBiasInitializer: KerasObject = {
        class_name: "UnitForgetBias",
        config: { units: filters, others: bias.initializer },
      };
      return [
        trainable(config, "kernel", kernel, "conv_lstm_cell/kernel"),
        trainable(
          config,
          "recurrent",
          [...kernel_size, filters, 4 * filters],
          "conv_lstm_cell/recurrent_kernel",
        ),
        ...(use_bias
          ? [unit_forget_bias ? { ...bias, initializer: forgetBiasInitializer } : bias]
          : []),
      ];
    },
    parts: () => ({ conv_lstm_cell: { attribute: "cell" } }),
    macs: (
      { filters, kernel_size, return_sequences }: Config,
      [x]: readonly [KerasShape],
      [y]: readonly [KerasShape, ...KerasShape[]],
    ) => {
      const image = y.slice(return_sequences ? 2 : 1, -1).map((extent) => extent ?? NaN);
      const each = product(image) * 4 * filters * product(kernel_size);
      return (x[1] ?? NaN) * each * (channelsOf(x) + filters);
    },
    kind: "convolution",
    sequences: true,
    mask: { takes: "one", refuses: () => "Cajal does not compute it by a mask" },
    layout: "channelsLast",
    refusesTraining: (config: Config): string | undefined => {
      const name = (["dropout", "recurrent_dropout"] as const).find((name) => config[name] > 0);
      return name && `${name} ${config[name]} cannot be trained: dropout within a ${className} is not done. Use ${name} 0.`; // prettier-ignore
    },
    lower: (
      config: Config,
      [x]: readonly [Value],
      g: GraphBuilder,
      { arrange, inputs, outputs, weight }: LowerContext,
    ): Value[] => {
      const { activation, filters, go_backwards, kernel_size, recurrent_activation } = config;
      const [, steps, ...image] = inputs[0]!;
      if (steps === null || steps === undefined || image.includes(null))
        throw new CajalError(
          "unsupported",
          `a ${className} is unrolled over its steps: their number and the image's size must be known`,
          { shape: inputs[0] },
        );
      if (steps > mostSteps)
        throw new CajalError(
          "unsupported",
          `a ${className} is unrolled over its steps: got ${steps}, expected at most ${mostSteps}`,
          { steps },
        );
      const extents = outputs[0]!.slice(config.return_sequences ? 2 : 1, -1).map(Number);
      // [...space, in, out] to [out, in, ...space].
      const transposeKernel = [{ permute: [axes + 1, axes, ...kernel_size.map((_, i) => i)] }];
      const recurrent = weight("conv_lstm_cell/recurrent_kernel", transposeKernel);
      const ones = kernel_size.map(() => 1);
      const samePadding = slide(kernel_size, { strides: ones, padding: "same" });
      // The input's share of all steps at once: [batch · steps, 4 filters, ...space].
      const flat = g.transpose(g.reshape(x, [-1, ...image.map(Number)]), toFirst(axes + 2));
      const inputTerms = g.conv(
        flat,
        weight("conv_lstm_cell/kernel", transposeKernel),
        config.use_bias ? weight("conv_lstm_cell/bias") : undefined,
        {
          kernel_shape: kernel_size,
          strides: config.strides,
          dilations: config.dilation_rate,
          ...padAttributes(image, slide(kernel_size, config)),
        },
      );
      const bySteps = g.reshape(inputTerms, [-1, steps, 4 * filters, ...extents]);
      const each = steps === 1 ? [bySteps] : g.split(bySteps, { axis: 1, num_outputs: steps });
      const inOrder = go_backwards ? each.toReversed() : each;
      const gate = (z: Value, name: string) => activate(name, z, g, 1);
      let h: Value | undefined;
      let c: Value | undefined;
      const sequence: Value[] = [];
      for (const inputTerm of inOrder) {
        const stepInput = g.squeeze(inputTerm, [1]);
        const z: Value = h
          ? g.add(
              stepInput,
              g.conv(h, recurrent, undefined, {
                kernel_shape: kernel_size,
                ...padAttributes(extents, samePadding),
              }),
            )
          : stepInput;
        const [zi, zf, zc, zo] = g.split(z, { axis: 1, num_outputs: 4 });
        const candidate = g.mul(gate(zi!, recurrent_activation), gate(zc!, activation));
        c = c ? g.add(g.mul(gate(zf!, recurrent_activation), c), candidate) : candidate;
        h = g.mul(gate(zo!, recurrent_activation), gate(c, activation));
        sequence.push(h);
      }
      const states = config.return_state ? [h!, c!] : [];
      states.forEach((_, i) => arrange("channelsFirst", i + 1));
      if (!config.return_sequences) {
        arrange("channelsFirst");
        return [h!, ...states];
      }
      const stackedOutputs = g.concat(
        sequence.map((h) => g.unsqueeze(g.transpose(h, toLast(axes + 2)), [1])),
        { axis: 1 },
      );
      return [stackedOutputs, ...states];
    },
  }) as const;
