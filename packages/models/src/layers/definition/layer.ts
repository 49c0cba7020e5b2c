// The definition of a layer: its config, its shape rule, its weights, its multiply-adds, its lowering to ONNX, and
// the facts that other code needs. Layers are in layers/, one file each, listed in layers/list.ts; code that
// iterates over the list uses these definitions, and names no layer.
import type { DType, Tensor } from "@cajal/core";
import type { GraphBuilder, Value } from "@cajal/onnx";
import type { Arity, KerasShape, OutputShapes, PerInput, RankedShape } from "./shape";
import type { Borders, ConfigInput, ConfigOf, Fields, KerasObject } from "./fields";
import type { Step } from "./weightLayout";
import type { Activation } from "./activations";
import type { Integers } from "./integers";
import type { Quantizable, Quantization } from "./quantization";

/** A weight of a layer, as Keras creates it. */
export interface WeightSpec {
  /** Within the layer, as Keras 3 names it: "kernel", "lstm_cell/kernel". */
  readonly name: string;
  /** Keras' own layout: HWIO kernels, Dense [in, out]. */
  readonly shape: readonly number[];
  /** As in the layer's config, e.g. "glorot_uniform". */
  readonly initializer: KerasObject;
  readonly trainable: boolean;
  readonly regularizer?: KerasObject;
  readonly constraint?: KerasObject;
  /** As Keras stores it, where that is not floating point; its values are float32 here. */
  readonly dtype?: "int8";
}

/**
 * The layout of a value of rank 3 or more in the graph: channels last as in Keras, or channels first
 * as in ONNX. `{ flattened }`: a flat value [batch, n] whose elements are in the channels-first order of an image
 * [height, width, channels].
 */
export type Layout = "channelsLast" | "channelsFirst" | { readonly flattened: readonly number[] };

/** The layout that a layer needs for its inputs, see {@link Layer.layout}. */
export type LayoutWish =
  | "channelsFirst"
  | "channelsLast"
  | "any"
  | "elementwise"
  | "flattened"
  | "order";

/** The context of `lower`, besides config, inputs and builder. */
export interface LowerContext {
  /** Keras shapes (channels last) of inputs and outputs. */
  readonly inputs: readonly KerasShape[];
  readonly outputs: readonly KerasShape[];
  /**
   * The element type that the layer computes in. Integers, of layers that are `integers`, are int32 or int64 in the
   * graph and are cast back to their own type after the layer.
   */
  readonly dtype: DType;
  /** The layout of the input values, and of the outputs unless `arrange` sets another. */
  readonly layout: Layout;
  /** Whether the layer's call trains: batch statistics, dropout. */
  readonly training: boolean;
  /** Whether the layer's weights are trained; a frozen BatchNormalization keeps its averages. */
  readonly trainable: boolean;
  /** Mask of the first input, bool [batch, steps], true for valid steps; undefined: all are. See {@link Layer.mask}. */
  readonly mask: Value | undefined;
  /** The masks in the order of the inputs, the first among them. */
  readonly masks: readonly (Value | undefined)[];
  /** Which keys each query may use, bool [batch, queries, keys]; only attention has one. */
  readonly attentionMask: Value | undefined;
  /** Zeros to pad the image with, folded from a ZeroPadding2D before this layer, see `pads`. */
  readonly padding: Borders | undefined;
  /**
   * A weight by its name, rearranged by `steps` from Keras' own layout. Inference: a constant, rearranged once;
   * training: a graph input in that layout, so that no training step rearranges it.
   */
  weight(name: string, steps?: readonly Step[]): Value;
  /** Registers the new value of a non-trainable weight after this step. */
  update(name: string, value: Value): void;
  /** This step's seed, an int64 scalar that differs from call to call; only while training. */
  seed(): Value;
  /** A Keras axis (negative counts from the end) of an input's rank as the axis in the graph. */
  axis(kerasAxis: number, rank?: number): number;
  /** Sets the layout of output `i`, where it differs from that of the inputs. */
  arrange(layout: Layout, i?: number): void;
  /**
   * Input `i` as the layer before gave it: all that is computed from that layer's output is computed from this value, and
   * not from `inputs[i]`, which may be the same in another layout. Its layout is for `arrange`. See {@link Layer.sources}.
   *
   * @throws CajalError `unsupported` within another layer
   */
  source(i: number): { readonly value: Value; readonly layout: Layout };
  /**
   * Lowers a layer within this one, on values in `layout`, which its outputs have too. Its weights are
   * `<prefix>/<weight>` of this layer; the prefix is its name by default. What regularizes its outputs is added to the loss.
   */
  inner(
    layer: InnerLayer,
    inputs: readonly Value[],
    options: {
      shapes: readonly KerasShape[];
      layout: Layout;
      prefix?: string;
      masks?: readonly (Value | undefined)[];
    },
  ): { values: readonly Value[]; shapes: readonly KerasShape[] };
}

/** A layer in a model, or within another layer: its definition and its config, read. */
export interface InnerLayer {
  readonly name: string;
  readonly definition: Layer;
  readonly config: Readonly<Record<string, unknown>>;
  /** Whether its config has `trainable: false`; only of a layer within another. */
  readonly frozen?: true;
  /** The Keras regularizer of its outputs; only of a layer within another. */
  readonly activityRegularizer?: KerasObject;
}

/** See {@link Layer.ending}. */
export interface Ending {
  /** By its Keras name; "linear" where there is none. */
  readonly activation: string;
  /** The layer without the activation, and its definition if it is another; absent where there is no such form. */
  readonly without?: Partial<Pick<InnerLayer, "definition">> & Pick<InnerLayer, "config">;
}

/** See {@link Layer.affine}. */
export interface Affine<Config> {
  /** Which of the inputs. */
  readonly input: number;
  /** The axis along which its numbers differ, the batch being 0; absent: they are all the same. */
  axis?(config: Config, rank: number): number;
  /**
   * scale · x + shift, a number for each channel.
   *
   * @param weight the numbers of one of the layer's weights, by its name; undefined where the config has none
   */
  of(
    config: Config,
    channels: number,
    weight: (name: string) => Tensor["data"] | undefined,
  ): { readonly scale: Float64Array; readonly shift?: Float64Array };
  /** The config of the remaining layer once this is folded into another; absent: nothing remains, the input passes through. */
  rest?(config: Config): Config;
}

/** See {@link Layer.mask}. */
export interface MaskRule<Config> {
  /**
   * The mask that the layer makes of its input: a step is valid where the input is not `value`, with `features`
   * where any of its features is not; undefined: it makes none.
   */
  makes?(config: Config): { readonly value: number; readonly features: boolean } | undefined;
  /** Whether the outputs have the mask of the first input. */
  passes?(config: Config): boolean;
  /** How many outputs have it; default: the first alone. */
  outputs?(config: Config): number;
  /**
   * How masks of several inputs become that of the output, where they pass: "any", a step is valid where any has it,
   * and all inputs need one; "beside", the same, but all steps of an input without one are valid; "joined", one after
   * the other.
   */
  merges?(config: Config, rank: number): "any" | "beside" | "joined";
  /** The axis that masks are merged along, where it is not "any". */
  mergesAlong?(config: Config): number;
  /** The outputs have a copy of the mask: `ConvertToTensor` in Keras' JSON. */
  readonly copies?: true;
  /** Whose masks its call takes in Keras: that of its only input, or one for each input. Default: none. */
  readonly takes?: "one" | "each";
  /** Keras' names for the masks in a call, in the order of the inputs. Default: `mask`, a list where it takes several. */
  readonly names?: readonly string[];
  /** A mask changes something in training alone. */
  readonly inTraining?: true;
  /** Its outputs have a mask when the model runs, and none when it is built: later calls in the JSON have none. */
  readonly whenRunning?: true;
  /** Its call takes off the masks that its inputs carry, so that later layers do not get them: MultiHeadAttention. */
  readonly takesOff?: true;
  /**
   * The reason why the layer does not support a mask; undefined: it does.
   *
   * @param shape of the input whose mask it is
   * @param mask its shape, [batch, steps] for most
   */
  refuses?(config: Config, shape: KerasShape, mask: KerasShape): string | undefined;
}

/** See {@link Layer.parts}. */
export interface LayerPart {
  readonly attribute: string;
  readonly layer?: InnerLayer;
}

/** An operation as `.keras` files have it beside layers, see {@link Layer.asOperation}. */
export interface KerasOperation {
  readonly module: string;
  readonly className: string;
  readonly settings: Readonly<Record<string, unknown>>;
  /** Of its call: `{ tensor: i }` is input `i`. */
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
}

/** A case that the shared `checkLayer` runs. Shapes with the batch; `dtype` of the inputs. */
export interface LayerSample<Config = Readonly<Record<string, unknown>>> {
  readonly config?: Config;
  readonly inputs: readonly (readonly number[])[];
  readonly dtype?: DType;
  readonly note?: string;
  /** The layer has no training mode. */
  readonly inferenceOnly?: true;
}

/** The context of a layer with known arity and rank. */
type ContextOf<A, R> = Omit<LowerContext, "inputs" | "outputs"> & {
  readonly inputs: PerInput<A, RankedShape<R>>;
  readonly outputs: OutputShapes<A>;
};

/** `A` and `R` are its arity and rank, which give the types of the inputs in its rules. */
export interface Layer<
  Name extends string = string,
  F extends Fields = Fields,
  A extends Arity = Arity,
  R extends number | undefined = number | undefined,
> {
  readonly className: Name;
  /** The class in Keras' sources, where it is not called as in the JSON: `.h5` files and paths in `.keras` have that. */
  readonly classInKeras?: string;
  readonly fields: F;
  /** Keyword arguments of a call that the layer supports, with their defaults; its rules get them in the config. */
  readonly callOptions?: Readonly<Record<string, unknown>>;
  /** Its inputs are separate positional arguments in Keras, where other layers take a list. */
  readonly positional?: true;
  /** The Keras regularizer of its outputs, which is added to the loss in training. */
  activityRegularizer?(config: ConfigOf<F>): KerasObject;
  /** It is an operation of Keras 3 and no layer: neither TF.js nor Keras' `.h5` have it. */
  asOperation?(config: ConfigOf<F>): KerasOperation;
  /** A class of Keras 3 and its config that compute the same, where Keras 3 no longer has the layer's own. */
  inKeras3?(config: ConfigOf<F>): {
    readonly className: string;
    readonly config: Readonly<Record<string, unknown>>;
  };
  /** Older names of fields, which are read too, and written for Keras 2 and TF.js. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** Minimum and maximum number of inputs; default: one. */
  readonly arity?: A;
  /**
   * How the layer treats integer and bool inputs, as in Keras 3. Absent: they are cast to float32. "moves": it only
   * moves elements, of any type. "computes": it computes with integers in their own type, with overflow; bool is
   * refused. "rounds": it computes in float32, and its outputs are rounded and kept within the integers' type, as of
   * resized images; bool is refused. "refuses": integers are refused. Inputs of several types are promoted to a common
   * one, which is float32 if one of them is or becomes float32.
   */
  integers?(config: ConfigOf<F>): Integers | undefined;
  /** The number of rows of the table that the numbers of the input are indices into. */
  indices?(config: ConfigOf<F>): number;
  /** The element type of the output, where it differs from the one that the layer computes in. */
  gives?(config: ConfigOf<F>): DType;
  /** Rank of the inputs, batch included, where only one fits. */
  readonly rank?: R;
  /** Fills in fields that default to other fields, such as strides that default to the pool's size. */
  complete?(config: ConfigOf<F>): ConfigOf<F>;
  /** @throws CajalError `bad-shape` where the inputs do not fit; the driver adds the layer's name */
  shape(config: ConfigOf<F>, inputs: PerInput<A, RankedShape<R>>): readonly KerasShape[];
  weights?(config: ConfigOf<F>, inputs: PerInput<A, RankedShape<R>>): readonly WeightSpec[];
  /**
   * The parts that own some of the weights, by the prefix of their weights' names: the attribute of the Keras layer
   * (the path in `.keras` files), and the layer that the part is, if it is one.
   */
  parts?(config: ConfigOf<F>): Readonly<Record<string, LayerPart>>;
  /** Names of weights of parts that Keras also tracks in the layer itself, before its own: `.keras` files have them twice. */
  tracked?(config: ConfigOf<F>): readonly string[];
  /**
   * How the layer creates, passes on or refuses the mask of a sequence, [batch, steps]; in computations it uses
   * the context's `mask`. Absent: it ignores masks, and its outputs have none.
   */
  readonly mask?: MaskRule<ConfigOf<F>>;
  /** The inputs that it asks the context's `source` for. */
  readonly sources?: readonly number[];
  /** It is an input of the model: it has no inputs of its own, and is fed. */
  readonly isInput?: true;
  /** The element type of the input of a sequential model that begins with this layer. Default float32. */
  readonly inputType?: DType;
  /** Values of fields that are missing in configs of Keras 2 or TF.js, where they differ from the defaults. */
  readonly keras2Defaults?: Partial<ConfigOf<F>>;
  /** How papers count it in the depth of a network, such as the 50 of ResNet50. Absent: not counted. */
  readonly kind?: "convolution" | "dense";
  /** The reason why it cannot be trained, by its config; undefined: it can be. In inference mode it computes all the same. */
  refusesTraining?(config: ConfigOf<F>): string | undefined;
  /** When frozen, it computes in training as in inference, and its statistics are not updated. */
  readonly infersWhenFrozen?: true;
  /**
   * What the layer is in the place of an activation: the name of one that is the same, or facts about its own.
   * Absent, or undefined: it cannot stand there.
   */
  asActivation?(
    config: ConfigOf<F>,
  ): string | Pick<Activation, "recurrent" | "nonnegative"> | undefined;
  /** The activation at the end of the layer. */
  ending?(config: ConfigOf<F>): Ending;
  /** Whether no value of the output is negative; default: derived from `ending`. */
  nonnegative?(config: ConfigOf<F>): boolean;
  /** Multiply-adds of one example; biases are not counted. */
  macs?(config: ConfigOf<F>, inputs: PerInput<A, RankedShape<R>>, outputs: OutputShapes<A>): number;
  /**
   * The layout that the layer needs for values of rank 3 or more. "any": unchanged, the same for all inputs; the
   * layer uses `context.axis`. "elementwise": unchanged, flattened ones too, since the order does not matter.
   * "flattened": flattened values unchanged, others channels last. "order": the elements in channels-last order, in
   * any shape. The driver transposes values of another layout, once each: in a CNN only the inputs and outputs.
   */
  readonly layout:
    | LayoutWish
    | { by(config: ConfigOf<F>, inputs: readonly KerasShape[]): LayoutWish };
  /** Its inputs are sequences of images, [batch, steps, …image]. */
  readonly sequences?: true;
  /** Of a layer whose config has `channels_first`: the original definition, for channels last. Not part of any file. */
  readonly channelsLast?: Layer;
  /** What Keras' `quantize` makes whole numbers of; absent: it leaves the layer as it is. */
  quantizes?(config: ConfigOf<F>, inputs: PerInput<A, RankedShape<R>>): Quantizable;
  /** Of a layer whose config says that it is quantized. Not part of any file. */
  readonly quantization?: Quantization;
  /** The zeros that the layer pads an image with, where padding is all it does. */
  zeros?(config: ConfigOf<F>): Borders;
  /**
   * Whether the layer can put those zeros around its input itself, see the context's `padding`.
   *
   * @param of.nonnegative whether no value of the input is negative
   */
  pads?(config: ConfigOf<F>, zeros: Borders, of: { readonly nonnegative: boolean }): boolean;
  /**
   * For layers that end in a sum over inputs plus bias: the kernel, and which axes of it make up the
   * output's channels, so that an affine layer behind this one can be folded into it.
   */
  readonly folds?: { readonly kernel: string; readonly channels: readonly number[] };
  /** For layers that, in inference, multiply each channel of an input by a number and add another. */
  readonly affine?: Affine<ConfigOf<F>>;
  lower(
    config: ConfigOf<F>,
    inputs: PerInput<A, Value>,
    g: GraphBuilder,
    context: ContextOf<A, R>,
  ): readonly Value[];
  /**
   * The layer in TF.js' operations, for engine tfjs. Cajal's own layers have theirs in @cajal/runtime;
   * a layer of your own that has none runs on engine onnx only.
   *
   * @param inputs tensors of TF.js, as are `weights` (by their names in the layer) and what it gives
   */
  tfjs?<T>(config: ConfigOf<F>, inputs: readonly T[], context: TfjsContext<T>): T | readonly T[];
  /** Configs and inputs on which the layer is tried, for tests that walk over layers. Published packages have none of their own. */
  readonly samples: readonly LayerSample<ConfigInput<F>>[];
}

/** The context of a layer's `tfjs`, besides config and inputs. */
export interface TfjsContext<T> {
  /** `@tensorflow/tfjs-core` */
  readonly tf: unknown;
  /** The layer's weights, by their names in the layer: "kernel", "bias". */
  readonly weights: Readonly<Record<string, T>>;
  /** Shapes of the outputs, the batch first. */
  readonly outputs: readonly KerasShape[];
}

/** What a layer says of itself: `layout` is "channelsLast", as Keras has it, where it is left out. */
export type LayerDefinition<
  Name extends string,
  F extends Fields,
  A extends Arity,
  R extends number | undefined,
> = Omit<Layer<Name, F, A, R>, "layout" | "samples"> &
  Partial<Pick<Layer<Name, F, A, R>, "layout" | "samples">>;

/** Types a definition; registers nothing. */
export const defineLayer = <
  const Name extends string,
  const F extends Fields,
  const A extends Arity = readonly [1, 1],
  const R extends number | undefined = undefined,
>(
  layer: LayerDefinition<Name, F, A, R>,
): Layer<Name, F, A, R> => ({ layout: "channelsLast", samples: [], ...layer });
