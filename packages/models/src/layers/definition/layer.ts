// All that there is to say of a layer: its config, the rule that tells its output's shape, its weights, its
// multiply-adds, its form as ONNX, and what others ask of it. Layers live in layers/, a file each, listed in
// layers/list.ts; whoever walks over the list asks these definitions, and names no layer.
import type { DType, Tensor } from "@cajal/core";
import type { GraphBuilder, Value } from "@cajal/onnx";
import type { Arity, KerasShape, OutputShapes, PerInput, RankedShape } from "./shape";
import type { Borders, ConfigInput, ConfigOf, Fields, KerasObject } from "./fields";
import type { Step } from "./weightLayout";
import type { Integers } from "./integers";

/** A weight of a layer, as Keras makes it. */
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
}

/**
 * How a value of rank 3 and more lies in the graph: as Keras has it, channels last, or with the
 * channels right after the batch as ONNX wants them. `{ flattened }`: a flat value [batch, n] whose
 * elements stand in channels-first order of an image [height, width, channels].
 */
export type Layout = "channelsLast" | "channelsFirst" | { readonly flattened: readonly number[] };

/** How a layer wants its inputs to lie, see {@link Layer.layout}. */
export type LayoutWish =
  "channelsFirst" | "channelsLast" | "any" | "elementwise" | "flattened" | "order";

/** What `lower` is given beside config, inputs and builder. */
export interface LowerContext {
  /** Keras shapes (channels last) of inputs and outputs. */
  readonly inputs: readonly KerasShape[];
  readonly outputs: readonly KerasShape[];
  /**
   * The element type that the layer computes in. Whole numbers, of layers that are `integers`, lie in the
   * graph as int32 or int64 and are brought back to their own type behind it.
   */
  readonly dtype: DType;
  /** How the input values lie, and how the outputs are taken to lie unless `arrange` says else. */
  readonly layout: Layout;
  /** Whether the layer's call trains: batch statistics, dropout. */
  readonly training: boolean;
  /** Whether the layer's weights are trained; a frozen BatchNormalization keeps its averages. */
  readonly trainable: boolean;
  /** Which steps of the first input are there, bool [batch, steps]; undefined: all are. See {@link Layer.mask}. */
  readonly mask: Value | undefined;
  /** Zeros around the image that a ZeroPadding2D before left to this layer, see `pads`. */
  readonly padding: Borders | undefined;
  /**
   * A weight by its name, in the layout that `steps` make of Keras' own. Inference: a constant,
   * rearranged once; training: a graph input kept in that layout, so that no step rearranges it.
   */
  weight(name: string, steps?: readonly Step[]): Value;
  /** Registers the value that a non-trainable weight takes after this step. */
  update(name: string, value: Value): void;
  /** This step's seed, an int64 scalar that differs from call to call; only while training. */
  seed(): Value;
  /** A Keras axis (negative counts from the end) of an input's rank as the axis in the graph. */
  axis(kerasAxis: number, rank?: number): number;
  /** Says that output `i` lies otherwise than the inputs. */
  arrange(layout: Layout, i?: number): void;
  /**
   * Lowers a layer within this one, on values that lie in `layout`, as do its outputs. Its weights are
   * `<prefix>/<weight>` of this layer, the prefix its name if not given.
   */
  inner(
    layer: InnerLayer,
    inputs: readonly Value[],
    options: {
      shapes: readonly KerasShape[];
      layout: Layout;
      prefix?: string;
      mask?: Value | undefined;
    },
  ): { values: readonly Value[]; shapes: readonly KerasShape[] };
}

/** A layer in a model, or within another layer: its definition and its config, read. */
export interface InnerLayer {
  readonly name: string;
  readonly definition: Layer;
  readonly config: Readonly<Record<string, unknown>>;
  /** That its config says `trainable: false`; only of a layer within another. */
  readonly frozen?: true;
}

/** See {@link Layer.ending}. */
export interface Ending {
  /** By its Keras name; "linear" where there is none. */
  readonly activation: string;
  /** The layer without it, of another definition where one is given; absent where it has no such form. */
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
  /** The config of what is left where another layer does this; absent: nothing is, the input passes through. */
  rest?(config: Config): Config;
}

/** See {@link Layer.mask}. */
export interface MaskRule<Config> {
  /** What the layer's input is, in all its features, at steps that are not there; undefined: it makes no mask. */
  makes?(config: Config): number | undefined;
  /** Whether the outputs have the mask of the inputs. */
  passes?(config: Config): boolean;
  /** That the layer merges its inputs: the mask is theirs where all have it, and not the first one's. */
  readonly ofAll?: true;
  /**
   * Why the layer cannot have a mask; undefined: it can.
   *
   * @param rank of the first input
   */
  refuses?(config: Config, rank: number): string | undefined;
}

/** See {@link Layer.parts}. */
export interface LayerPart {
  readonly attribute: string;
  readonly layer?: InnerLayer;
}

/** A case that the shared `checkLayer` runs. Shapes with the batch; `dtype` of the inputs. */
export interface LayerSample<Config = Readonly<Record<string, unknown>>> {
  readonly config?: Config;
  readonly inputs: readonly (readonly number[])[];
  readonly dtype?: DType;
  readonly note?: string;
  /** That the layer refuses to train. */
  readonly inferenceOnly?: true;
}

/** The context of a layer whose arity and rank are told. */
type ContextOf<A, R> = Omit<LowerContext, "inputs" | "outputs"> & {
  readonly inputs: PerInput<A, RankedShape<R>>;
  readonly outputs: OutputShapes<A>;
};

/** `A` and `R`: its arity and rank, from which its rules know what they are given. */
export interface Layer<
  Name extends string = string,
  F extends Fields = Fields,
  A extends Arity = Arity,
  R extends number | undefined = number | undefined,
> {
  readonly className: Name;
  readonly fields: F;
  /** Keyword arguments of a call that the layer honours, and their defaults: its rules get them in the config. */
  readonly callOptions?: Readonly<Record<string, unknown>>;
  /** That its inputs are arguments of their own, in this order, where Keras gives a list to other layers. */
  readonly positional?: true;
  /** What its outputs add to the loss in training, as a regularizer of Keras'. */
  activityRegularizer?(config: ConfigOf<F>): KerasObject;
  /** That no file of Keras or TF.js can say it: such a model is written as ONNX. */
  readonly notInKeras?: true;
  /** Older names of fields, read as well and written where Keras 2 and TF.js read. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** Least and greatest number of inputs; one if absent. */
  readonly arity?: A;
  /**
   * What inputs of whole numbers and truth values are to the layer, as in Keras 3. Absent: they become
   * float32. "moves": it only moves elements, of whatever type. "computes": it computes with whole
   * numbers in their own type, where they wrap around; truth values are refused. "refuses": no result of
   * whole numbers makes sense. Inputs of several types
   * get the one that holds them all, and those that are float32, or become it, make all of them so.
   */
  integers?(config: ConfigOf<F>): Integers | undefined;
  /** The element type of the output, where it is not the one that the layer computes in. */
  gives?(config: ConfigOf<F>): DType;
  /** Rank of the inputs, batch included, where only one fits. */
  readonly rank?: R;
  /** What follows from other fields, such as strides that are the pool's size. */
  complete?(config: ConfigOf<F>): ConfigOf<F>;
  /** @throws CajalError `bad-shape` where the inputs do not fit; the driver adds the layer's name */
  shape(config: ConfigOf<F>, inputs: PerInput<A, RankedShape<R>>): readonly KerasShape[];
  weights?(config: ConfigOf<F>, inputs: PerInput<A, RankedShape<R>>): readonly WeightSpec[];
  /**
   * The parts that hold some of the weights, by what their weights' names begin with: which attribute of the
   * Keras layer a part is (the path in `.keras` files), and the layer that it is, if it is one.
   */
  parts?(config: ConfigOf<F>): Readonly<Record<string, LayerPart>>;
  /** Names of weights of parts that Keras counts as the layer's own too, before these: `.keras` files have them twice. */
  tracked?(config: ConfigOf<F>): readonly string[];
  /**
   * What the layer does with the mask of a sequence, [batch, steps], beside computing by
   * {@link LowerContext.mask}. Absent: it takes no notice, and its outputs have no mask.
   */
  readonly mask?: MaskRule<ConfigOf<F>>;
  /** That it is where a model's input comes in: it has no inputs, and is fed. */
  readonly isInput?: true;
  /** The element type that Keras feeds a sequential model which begins with it. Default float32. */
  readonly inputType?: DType;
  /** What fields mean where Keras 2 or TF.js wrote a config without them, if not their defaults. */
  readonly keras2Defaults?: Partial<ConfigOf<F>>;
  /** As what papers count it in the depth of a network, such as the 50 of ResNet50. Absent: they do not. */
  readonly kind?: "convolution" | "dense";
  /** That, frozen, it computes in training as in inference, and its statistics stay as they are. */
  readonly infersWhenFrozen?: true;
  /** The activation that computes the output's values. */
  ending?(config: ConfigOf<F>): Ending;
  /** Whether no value of the output is negative; where it is absent, as its `ending` has it. */
  nonnegative?(config: ConfigOf<F>): boolean;
  /** Multiply-adds of one example; biases are not counted. */
  macs?(config: ConfigOf<F>, inputs: PerInput<A, RankedShape<R>>, outputs: OutputShapes<A>): number;
  /**
   * How values of rank 3 and more are to lie. "any": as they are, all alike, the layer asks
   * `context.axis`; "elementwise": as they are, flattened ones too, for the order does not matter;
   * "flattened": flattened ones as they are, others channels last; "order": the elements in the order
   * of channels last, in whatever shape.
   * The driver transposes what lies otherwise, once a value: a CNN only its inputs and outputs.
   */
  readonly layout:
    LayoutWish | { by(config: ConfigOf<F>, inputs: readonly KerasShape[]): LayoutWish };
  /** That its inputs are sequences of images, [batch, steps, …image]. */
  readonly sequences?: true;
  /** Of a layer whose config says `channels_first`: the definition, which speaks of channels last. In no file. */
  readonly channelsLast?: Layer;
  /** The zeros that the layer puts around an image, where that is all it does. */
  zeros?(config: ConfigOf<F>): Borders;
  /**
   * Whether the layer can put those zeros around its input itself, see {@link LowerContext.padding}.
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
  /** Configs and inputs on which the layer is tried, for tests that walk over layers. */
  readonly samples: readonly LayerSample<ConfigInput<F>>[];
}

/** What a layer's `tfjs` is given beside config and inputs. */
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
