// Fields that several layers have and mean alike, each described once: what editors show for them (see
// `DescribedConfig`). A layer's own fields, and those it means otherwise, are described in its file.
import type { ConfigInput, DataFormat, KerasObject, RawOf } from "./fields";

/** `name_initializer`, `name_regularizer` and `name_constraint` of the weights that Keras' layers have. */
interface WeightConfig {
  /** How the kernel begins: an initializer by its Keras name, or its class name and config. */
  kernel_initializer: KerasObject;
  /** What the kernel's size adds to the loss in training, such as Keras' `L2`; null: nothing. */
  kernel_regularizer: KerasObject;
  /** What the kernel is brought back to after a training step, such as Keras' `MaxNorm`; null: nothing. */
  kernel_constraint: KerasObject;
  /** How the bias begins: an initializer by its Keras name, or its class name and config. */
  bias_initializer: KerasObject;
  /** What the bias' size adds to the loss in training, such as Keras' `L2`; null: nothing. */
  bias_regularizer: KerasObject;
  /** What the bias is brought back to after a training step, such as Keras' `MaxNorm`; null: nothing. */
  bias_constraint: KerasObject;
  /** How the kernel of the state begins: an initializer by its Keras name, or its class name and config. */
  recurrent_initializer: KerasObject;
  /** What the size of the state's kernel adds to the loss in training, such as Keras' `L2`; null: nothing. */
  recurrent_regularizer: KerasObject;
  /** What the state's kernel is brought back to after a training step; null: nothing. */
  recurrent_constraint: KerasObject;
  /** How the kernel of each channel begins: an initializer by its Keras name, or its class name and config. */
  depthwise_initializer: KerasObject;
  /** What the size of the channels' kernels adds to the loss in training, such as Keras' `L2`; null: nothing. */
  depthwise_regularizer: KerasObject;
  /** What the channels' kernels are brought back to after a training step; null: nothing. */
  depthwise_constraint: KerasObject;
  /** How the kernel over channels begins: an initializer by its Keras name, or its class name and config. */
  pointwise_initializer: KerasObject;
  /** What the size of the kernel over channels adds to the loss in training; null: nothing. */
  pointwise_regularizer: KerasObject;
  /** What the kernel over channels is brought back to after a training step; null: nothing. */
  pointwise_constraint: KerasObject;
  /** How gamma, the factor, begins: an initializer by its Keras name, or its class name and config. */
  gamma_initializer: KerasObject;
  /** What gamma's size adds to the loss in training, such as Keras' `L2`; null: nothing. */
  gamma_regularizer: KerasObject;
  /** What gamma is brought back to after a training step, such as Keras' `MaxNorm`; null: nothing. */
  gamma_constraint: KerasObject;
  /** How beta, the summand, begins: an initializer by its Keras name, or its class name and config. */
  beta_initializer: KerasObject;
  /** What beta's size adds to the loss in training, such as Keras' `L2`; null: nothing. */
  beta_regularizer: KerasObject;
  /** What beta is brought back to after a training step, such as Keras' `MaxNorm`; null: nothing. */
  beta_constraint: KerasObject;
  /** How the rows begin: an initializer by its Keras name, or its class name and config. */
  embeddings_initializer: KerasObject;
  /** What the rows' size adds to the loss in training, such as Keras' `L2`; null: nothing. */
  embeddings_regularizer: KerasObject;
  /** What the rows are brought back to after a training step, such as Keras' `MaxNorm`; null: nothing. */
  embeddings_constraint: KerasObject;
  /** How alpha, the slope, begins: an initializer by its Keras name, or its class name and config. */
  alpha_initializer: KerasObject;
  /** What alpha's size adds to the loss in training, such as Keras' `L2`; null: nothing. */
  alpha_regularizer: KerasObject;
  /** What alpha is brought back to after a training step, such as Keras' `MaxNorm`; null: nothing. */
  alpha_constraint: KerasObject;
}

type Extents = number | readonly number[] | null;

/** The types are what tells a field of that name from one that another layer means otherwise. */
export interface CommonConfig extends WeightConfig {
  /** Number of outputs. */
  units: number;
  /** Number of output channels. */
  filters: number;
  /** Extents of the kernel, along each axis or along all. */
  kernel_size: Extents;
  /** Extents of a window, along each axis or along all. */
  pool_size: Extents;
  /** How far a window moves, along each axis or along all; null: its own extents, side by side. */
  strides: Extents;
  /**
   * `"valid"`: windows lie inside the input. `"same"`: they reach over its edges, so that the output has
   * ⌈extent / strides⌉; what is odd of that comes at the end. `"causal"`, of sequences: they reach before
   * the start alone. A transposed convolution gives extent · strides with `"same"`, and with `"valid"` that
   * or (extent − 1) · strides + kernel, whichever is more.
   */
  padding: "valid" | "same" | "causal";
  /** How far apart the elements of a kernel are; 1: side by side. */
  dilation_rate: Extents;
  /** Into how many groups channels are divided, each convolved on its own. */
  groups: number;
  /** Number of output channels for each input channel. */
  depth_multiplier: number;
  /** Where channels lie: `"channels_last"`, `[batch, …, channels]`, or `"channels_first"`, `[batch, channels, …]`. */
  data_format: DataFormat | null;
  /** What is applied to the result, by its Keras name; `"linear"`: nothing. */
  activation: string | null;
  /** What is applied to the gates, by its Keras name. */
  recurrent_activation: string | null;
  /** Whether a bias is added to every output channel or unit. */
  use_bias: boolean;
  /** Whether the bias of the forget gate begins at 1 (Jozefowicz et al. 2015). */
  unit_forget_bias: boolean;
  /** Share of the inputs that is dropped in training, 0 up to but without 1. */
  dropout: number;
  /** Share of the state that is dropped in training, 0 up to but without 1. */
  recurrent_dropout: number;
  /** Whether every step's output is given, `[batch, steps, …]`, not the last one alone. */
  return_sequences: boolean;
  /** Whether the last states are outputs too. */
  return_state: boolean;
  /** Whether steps are taken from the last to the first. */
  go_backwards: boolean;
  /**
   * Whether, by Keras, the states go on from batch to batch. Here every call begins with states of 0, as after
   * `reset_states()`; such a layer is not trained.
   */
  stateful: boolean;
  /** Whether outputs at masked steps are 0, and not those of the step before. */
  zero_output_for_mask: boolean;
  /** Share of the inputs that is dropped in training, 0 up to but without 1. */
  rate: number;
  /** Only kept: training draws from its own seed. */
  seed: number | null;
  /** Whether axes that are pooled away stay, with extent 1. */
  keepdims: boolean;
  /** Added to the variance, against division by zero. */
  epsilon: number;
  /** Whether beta, which is learned, is added. */
  center: boolean;
  /** Whether the result is multiplied by gamma, which is learned. */
  scale: boolean;
}

/**
 * A config as one writes it (`ConfigInput`), described: the fields that are common walk over `CommonConfig`,
 * which is what brings its descriptions along. Declarations lose those of fields that are spread into a layer.
 */
export type DescribedConfig<F> = ConfigInput<Omit<F, CommonOf<F>>> & {
  readonly [K in keyof CommonConfig as K extends CommonOf<F, true> ? K : never]: Written<F, K>;
} & {
  readonly [K in keyof CommonConfig as K extends CommonOf<F, false> ? K : never]?: Written<F, K>;
};

type Written<F, K> = K extends keyof F ? RawOf<F[K]> : never;

/** Names of fields that are common: of the type too, and `Required` or not. */
type CommonOf<F, Required extends boolean = boolean> = {
  [K in keyof F & keyof CommonConfig]: RawOf<F[K]> extends CommonConfig[K]
    ? F[K] extends { readonly required: Required }
      ? K
      : never
    : never;
}[keyof F & keyof CommonConfig];
