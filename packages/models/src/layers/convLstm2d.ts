// An LSTM whose products are convolutions (Shi et al. 2015, arXiv:1506.04214). The recurrent
// convolution is always "same". Gates: input, forget, cell, output.
// keras.io/api/layers/recurrent_layers/conv_lstm2d
import { CajalError } from "@cajal/core";
import { activate } from "./definition/activations";
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";
import { toFirst, toLast } from "./shared/layouts";
import { channelsOf } from "./shared/shapes";
import { trainable, weightFields } from "./definition/weightFields";
import { padAttributes, slide, windows } from "./shared/windows";
import type { Value } from "@cajal/onnx";

/** Each makes some twenty nodes. */
const mostSteps = 10_000;

export const convLstm2d = defineLayer({
  className: "ConvLSTM2D",
  fields: {
    filters: f.positive(),
    kernel_size: f.pair(),
    strides: f.pair([1, 1]),
    padding: f.oneOf(["valid", "same"])("valid"),
    data_format: f.dataFormat("channels_last"),
    dilation_rate: f.pair([1, 1]),
    activation: f.activation("tanh"),
    recurrent_activation: f.activation("sigmoid"),
    use_bias: f.flag(true),
    unit_forget_bias: f.flag(true),
    ...weightFields("kernel", "glorot_uniform"),
    ...weightFields("recurrent", "orthogonal"),
    ...weightFields("bias", "zeros"),
    dropout: f.zero("dropout within a ConvLSTM2D is not done"),
    recurrent_dropout: f.zero("dropout within a ConvLSTM2D is not done"),
    return_sequences: f.flag(false),
    return_state: f.flag(false),
    go_backwards: f.flag(false),
    seed: f.seed(null),
  },
  rank: 5,
  shape: (config, [x]) => {
    channelsOf(x);
    const [batch, steps, ...image] = x;
    const axes = slide(config.kernel_size, config);
    const state = [batch, ...axes.map((axis, i) => windows(image[i]!, axis)), config.filters];
    const [first, ...rest] = state;
    return [
      config.return_sequences ? [first!, steps!, ...rest] : state,
      ...(config.return_state ? [state, state] : []),
    ];
  },
  weights: (config, [x]) => {
    const { filters, kernel_size, unit_forget_bias, use_bias } = config;
    const kernel = [...kernel_size, channelsOf(x), 4 * filters];
    const bias = trainable(config, "bias", [4 * filters], "conv_lstm_cell/bias");
    const forgetting = {
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
      ...(use_bias ? [unit_forget_bias ? { ...bias, initializer: forgetting } : bias] : []),
    ];
  },
  parts: () => ({ conv_lstm_cell: { attribute: "cell" } }),
  macs: ({ filters, kernel_size: [kh, kw], return_sequences }, [x], [y]) => {
    const [h, w] = return_sequences ? y.slice(2) : y.slice(1);
    return (x[1] ?? NaN) * h! * w! * 4 * filters * kh * kw * (channelsOf(x) + filters);
  },
  kind: "convolution",
  sequences: true,
  mask: { refuses: () => "Cajal does not compute it by a mask" },
  layout: "channelsLast",
  lower: (config, [x], g, { arrange, inputs, outputs, weight }) => {
    const { activation, filters, go_backwards, kernel_size, recurrent_activation } = config;
    const [, steps, ...image] = inputs[0];
    if (steps === null || steps === undefined || image.includes(null))
      throw new CajalError(
        "unsupported",
        "a ConvLSTM2D is unrolled over its steps: their number and the image's size must be known",
        { shape: inputs[0] },
      );
    if (steps > mostSteps)
      throw new CajalError(
        "unsupported",
        `a ConvLSTM2D is unrolled over its steps: got ${steps}, expected at most ${mostSteps}`,
        { steps },
      );
    const [height, width] = outputs[0].slice(config.return_sequences ? 2 : 1);
    const turn = [{ permute: [3, 2, 0, 1] }];
    const recurrent = weight("conv_lstm_cell/recurrent_kernel", turn);
    const same = slide(kernel_size, { strides: [1, 1], padding: "same" });
    // The input's share of all steps at once: [batch · steps, 4 filters, height, width].
    const flat = g.transpose(g.reshape(x, [-1, ...image.map(Number)]), toFirst(4));
    const shares = g.conv(
      flat,
      weight("conv_lstm_cell/kernel", turn),
      config.use_bias ? weight("conv_lstm_cell/bias") : undefined,
      {
        kernel_shape: kernel_size,
        strides: config.strides,
        dilations: config.dilation_rate,
        ...padAttributes(image, slide(kernel_size, config)),
      },
    );
    const bySteps = g.reshape(shares, [-1, steps, 4 * filters, height!, width!]);
    const each = steps === 1 ? [bySteps] : g.split(bySteps, { axis: 1, num_outputs: steps });
    const inOrder = go_backwards ? each.toReversed() : each;
    const gate = (z: Value, name: string) => activate(name, z, g, 1);
    let h: Value | undefined;
    let c: Value | undefined;
    const sequence: Value[] = [];
    for (const share of inOrder) {
      const own = g.squeeze(share, [1]);
      const z: Value = h
        ? g.add(
            own,
            g.conv(h, recurrent, undefined, {
              kernel_shape: kernel_size,
              ...padAttributes([height!, width!], same),
            }),
          )
        : own;
      const [zi, zf, zc, zo] = g.split(z, { axis: 1, num_outputs: 4 });
      const added = g.mul(gate(zi!, recurrent_activation), gate(zc!, activation));
      c = c ? g.add(g.mul(gate(zf!, recurrent_activation), c), added) : added;
      h = g.mul(gate(zo!, recurrent_activation), gate(c, activation));
      sequence.push(h);
    }
    const states = config.return_state ? [h!, c!] : [];
    states.forEach((_, i) => arrange("channelsFirst", i + 1));
    if (!config.return_sequences) {
      arrange("channelsFirst");
      return [h!, ...states];
    }
    const stacked = g.concat(
      sequence.map((h) => g.unsqueeze(g.transpose(h, toLast(4)), [1])),
      { axis: 1 },
    );
    return [stacked, ...states];
  },
  samples: [
    { config: { filters: 2, kernel_size: 3 }, inputs: [[1, 3, 5, 4, 2]] },
    {
      config: { filters: 2, kernel_size: [2, 3], padding: "same", return_sequences: true },
      inputs: [[2, 3, 4, 4, 1]],
    },
    {
      config: {
        filters: 1,
        kernel_size: 3,
        padding: "same",
        go_backwards: true,
        return_state: true,
        return_sequences: true,
        use_bias: false,
      },
      inputs: [[2, 2, 4, 4, 1]],
    },
    { config: { filters: 2, kernel_size: 1 }, inputs: [[1, 1, 2, 2, 1]] },
  ],
});
