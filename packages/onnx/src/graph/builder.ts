// Builds an ONNX graph: each operator is a method with ONNX's name and argument order, and knows
// the type and shape of what it returns as soon as it is called. Where opset 18 takes axes, shapes
// or limits as an input, these take numbers too. The mechanics are in assembler.ts.
import { checkArgument, checkOptions, type Tensor } from "@cajal/core";
import { defaultOpset, GraphAssembler, type AssemblerOptions, type Value } from "./assembler";
import { checkStructure } from "../model/checkStructure";
import type { Attributes } from "../model/attribute";
import { dataTypeOf, type ElementType } from "../model/elementType";
import type { Dim, Graph, OnnxModel } from "../model/model";

export { defaultOpset, type Value } from "./assembler";
export type { Attributes } from "../model/attribute";
export { broadcast, knownSize } from "../model/dims";

/** Numbers stand for scalar constants of the other operand's type. */
export type Operand = Value | number;

/** Axes, shapes, pads: a value, or numbers that become an int64 constant. */
export type Numbers = Value | readonly number[];

/** ONNX writes 0 and 1. */
export type Flag = boolean | number;

/** Attributes of what slides a window over `[batch, channels, ...spatial]`; one number an axis. */
export interface WindowAttributes {
  readonly strides?: readonly number[];
  readonly dilations?: readonly number[];
  /** All begins, then all ends. */
  readonly pads?: readonly number[];
  readonly auto_pad?: "NOTSET" | "VALID" | "SAME_UPPER" | "SAME_LOWER";
}

export interface ConvAttributes extends WindowAttributes {
  readonly group?: number;
  readonly kernel_shape?: readonly number[];
}

export interface ConvTransposeAttributes extends ConvAttributes {
  readonly output_padding?: readonly number[];
  readonly output_shape?: readonly number[];
}

export interface PoolAttributes extends WindowAttributes {
  readonly kernel_shape: readonly number[];
  readonly ceil_mode?: Flag;
}

export interface ReduceAttributes {
  /** Default: all. */
  readonly axes?: Numbers;
  /** Default: true. */
  readonly keepdims?: Flag;
  readonly noop_with_empty_axes?: Flag;
}

export interface GemmAttributes {
  readonly transA?: Flag;
  readonly transB?: Flag;
  readonly alpha?: number;
  readonly beta?: number;
}

export interface RecurrentAttributes {
  readonly hidden_size: number;
  readonly direction?: "forward" | "reverse" | "bidirectional";
  /** 0: X is [steps, batch, features]; 1: [batch, steps, features]. */
  readonly layout?: 0 | 1;
  readonly activations?: readonly string[];
  readonly activation_alpha?: readonly number[];
  readonly activation_beta?: readonly number[];
  readonly clip?: number;
}

export interface ResizeAttributes {
  /** A factor for each axis of `axes`. */
  readonly scales?: Value | readonly number[];
  /** An extent for each axis of `axes`. */
  readonly sizes?: Numbers;
  readonly axes?: readonly number[];
  readonly mode?: "nearest" | "linear" | "cubic";
  readonly coordinate_transformation_mode?: string;
  readonly nearest_mode?: string;
  readonly cubic_coeff_a?: number;
  readonly exclude_outside?: Flag;
  readonly extrapolation_value?: number;
  readonly antialias?: Flag;
  readonly keep_aspect_ratio_policy?: string;
}

export interface AttentionAttributes {
  readonly is_causal?: Flag;
  readonly scale?: number;
  readonly softcap?: number;
  /** Where q, k and v have their heads in the last axis. */
  readonly q_num_heads?: number;
  readonly kv_num_heads?: number;
}

/** Whole numbers, and what they stand for: (value − zeroPoint) · scale. */
export interface Quantized {
  readonly value: Value;
  readonly scale: Value;
  readonly zeroPoint: Value;
}

export interface QuantizeAttributes {
  /** Of a scale per extent; default 1. */
  readonly axis?: number;
  /** Opset 21. */
  readonly block_size?: number;
  /** Opset 21 (23 for DequantizeLinear). */
  readonly output_dtype?: ElementType;
}

type Optional = Value | undefined;
type Axis = { readonly axis?: number };
type Random = { readonly seed?: number };

const microsoft = "com.microsoft";

export class GraphBuilder extends GraphAssembler {
  constructor(options: AssemblerOptions = {}, outer?: GraphAssembler) {
    super(options, outer);
  }

  /**
   * A builder that holds a model, to go on from. Shapes are inferred anew, and nodes of opsets 7 to 17
   * become what opset 18 has in their place, so that all that is added fits.
   *
   * @param shapes shapes for some inputs, e.g. `{ input: [8, 1, 28, 28] }` for a free batch
   * @throws CajalError as the operators' methods do; `unknown-name` for an input that is not there;
   *   `unsupported` for opsets below 7
   */
  static from(
    model: OnnxModel,
    options: { shapes?: Readonly<Record<string, readonly Dim[] | undefined>> } = {},
  ): GraphBuilder {
    checkStructure(model, "GraphBuilder.from");
    checkOptions("GraphBuilder.from", options, ["shapes"]);
    const { shapes = {} } = options;
    checkArgument("GraphBuilder.from", "shapes", shapes, "object");
    const sets = [model, ...(model.functions ?? [])].map(
      ({ opsets }) => opsets[""] ?? defaultOpset,
    );
    const opset = Math.max(defaultOpset, ...sets);
    const g = new GraphBuilder({ name: model.graph.name, opset });
    g.load(model, shapes);
    return g;
  }

  // Arithmetic, with broadcasting

  add = (a: Operand, b: Operand) => this.#binary("Add", a, b);
  sub = (a: Operand, b: Operand) => this.#binary("Sub", a, b);
  mul = (a: Operand, b: Operand) => this.#binary("Mul", a, b);
  div = (a: Operand, b: Operand) => this.#binary("Div", a, b);
  pow = (a: Operand, b: Operand) => this.#binary("Pow", a, b);
  mod = (a: Operand, b: Operand, attributes: { fmod?: Flag } = {}) =>
    this.#binary("Mod", a, b, attributes);
  max = (...x: Operand[]) => this.op("Max", this.#operands(x));
  min = (...x: Operand[]) => this.op("Min", this.#operands(x));
  sum = (...x: Operand[]) => this.op("Sum", this.#operands(x));
  mean = (...x: Operand[]) => this.op("Mean", this.#operands(x));

  // Comparison, logic, bits

  equal = (a: Operand, b: Operand) => this.#binary("Equal", a, b);
  greater = (a: Operand, b: Operand) => this.#binary("Greater", a, b);
  greaterOrEqual = (a: Operand, b: Operand) => this.#binary("GreaterOrEqual", a, b);
  less = (a: Operand, b: Operand) => this.#binary("Less", a, b);
  lessOrEqual = (a: Operand, b: Operand) => this.#binary("LessOrEqual", a, b);
  and = (a: Value, b: Value) => this.op("And", [a, b]);
  or = (a: Value, b: Value) => this.op("Or", [a, b]);
  xor = (a: Value, b: Value) => this.op("Xor", [a, b]);
  not = (x: Value) => this.op("Not", [x]);
  bitwiseAnd = (a: Operand, b: Operand) => this.#binary("BitwiseAnd", a, b);
  bitwiseOr = (a: Operand, b: Operand) => this.#binary("BitwiseOr", a, b);
  bitwiseXor = (a: Operand, b: Operand) => this.#binary("BitwiseXor", a, b);
  bitwiseNot = (x: Value) => this.op("BitwiseNot", [x]);
  bitShift = (a: Operand, b: Operand, attributes: { direction: "LEFT" | "RIGHT" }) =>
    this.#binary("BitShift", a, b, attributes);
  isNaN = (x: Value) => this.op("IsNaN", [x]);
  isInf = (x: Value, attributes: { detect_negative?: Flag; detect_positive?: Flag } = {}) =>
    this.op("IsInf", [x], attributes);
  where = (condition: Value, a: Operand, b: Operand) =>
    this.op("Where", [condition, ...this.#operands([a, b])]);

  // Mathematics, element by element

  abs = (x: Value) => this.op("Abs", [x]);
  neg = (x: Value) => this.op("Neg", [x]);
  sign = (x: Value) => this.op("Sign", [x]);
  floor = (x: Value) => this.op("Floor", [x]);
  ceil = (x: Value) => this.op("Ceil", [x]);
  round = (x: Value) => this.op("Round", [x]);
  exp = (x: Value) => this.op("Exp", [x]);
  log = (x: Value) => this.op("Log", [x]);
  sqrt = (x: Value) => this.op("Sqrt", [x]);
  reciprocal = (x: Value) => this.op("Reciprocal", [x]);
  erf = (x: Value) => this.op("Erf", [x]);
  sin = (x: Value) => this.op("Sin", [x]);
  cos = (x: Value) => this.op("Cos", [x]);
  tan = (x: Value) => this.op("Tan", [x]);
  asin = (x: Value) => this.op("Asin", [x]);
  acos = (x: Value) => this.op("Acos", [x]);
  atan = (x: Value) => this.op("Atan", [x]);
  sinh = (x: Value) => this.op("Sinh", [x]);
  cosh = (x: Value) => this.op("Cosh", [x]);
  asinh = (x: Value) => this.op("Asinh", [x]);
  acosh = (x: Value) => this.op("Acosh", [x]);
  atanh = (x: Value) => this.op("Atanh", [x]);
  identity = (x: Value) => this.op("Identity", [x]);
  clip = (x: Value, { min, max }: { min?: Operand; max?: Operand }) =>
    this.op("Clip", [x, this.#like(x, min), this.#like(x, max)]);

  // Activations

  relu = (x: Value) => this.op("Relu", [x]);
  leakyRelu = (x: Value, attributes: { alpha?: number } = {}) =>
    this.op("LeakyRelu", [x], attributes);
  pRelu = (x: Value, slope: Operand) => this.#binary("PRelu", x, slope);
  thresholdedRelu = (x: Value, attributes: { alpha?: number } = {}) =>
    this.op("ThresholdedRelu", [x], attributes);
  elu = (x: Value, attributes: { alpha?: number } = {}) => this.op("Elu", [x], attributes);
  celu = (x: Value, attributes: { alpha?: number } = {}) => this.op("Celu", [x], attributes);
  selu = (x: Value, attributes: { alpha?: number; gamma?: number } = {}) =>
    this.op("Selu", [x], attributes);
  sigmoid = (x: Value) => this.op("Sigmoid", [x]);
  hardSigmoid = (x: Value, attributes: { alpha?: number; beta?: number } = {}) =>
    this.op("HardSigmoid", [x], attributes);
  hardSwish = (x: Value) => this.op("HardSwish", [x]);
  mish = (x: Value) => this.op("Mish", [x]);
  tanh = (x: Value) => this.op("Tanh", [x]);
  softplus = (x: Value) => this.op("Softplus", [x]);
  softsign = (x: Value) => this.op("Softsign", [x]);
  shrink = (x: Value, attributes: { bias?: number; lambd?: number } = {}) =>
    this.op("Shrink", [x], attributes);
  /**
   * By the error function, or approximated by tanh. The standard has it from opset 20 on; before, this is
   * ONNX Runtime's own (com.microsoft), by the error function.
   */
  gelu = (x: Value, attributes: { approximate?: "none" | "tanh" } = {}) =>
    this.opset < 20 && attributes.approximate !== "tanh"
      ? this.op("Gelu", [x], {}, microsoft)
      : this.op("Gelu", [x], attributes);
  /** x σ(αx); opset 24. */
  swish = (x: Value, attributes: { alpha?: number } = {}) => this.op("Swish", [x], attributes);
  quickGelu = (x: Value, attributes: { alpha?: number } = {}) =>
    this.op("QuickGelu", [x], attributes, microsoft);
  softmax = (x: Value, attributes: Axis = {}) => this.op("Softmax", [x], attributes);
  logSoftmax = (x: Value, attributes: Axis = {}) => this.op("LogSoftmax", [x], attributes);
  hardmax = (x: Value, attributes: Axis = {}) => this.op("Hardmax", [x], attributes);

  // Matrices

  matMul = (a: Value, b: Value) => this.op("MatMul", [a, b]);
  /** alpha · op(a) op(b), ONNX Runtime's (com.microsoft); transBatch moves the first axis before the last but one. */
  fusedMatMul = (
    a: Value,
    b: Value,
    attributes: Omit<GemmAttributes, "beta"> & {
      transBatchA?: Flag;
      transBatchB?: Flag;
    } = {},
  ) => this.op("FusedMatMul", [a, b], attributes, microsoft);
  /** alpha · a b + beta · c */
  gemm = (a: Value, b: Value, c?: Value, attributes: GemmAttributes = {}) =>
    this.op("Gemm", [a, b, c], { ...attributes });
  fusedGemm = (
    a: Value,
    b: Value,
    c?: Value,
    attributes: GemmAttributes & { activation?: string } = {},
  ) => this.op("FusedGemm", [a, b, c], { ...attributes }, microsoft);
  einsum = (inputs: readonly Value[], attributes: { equation: string }) =>
    this.op("Einsum", inputs, attributes);
  det = (x: Value) => this.op("Det", [x]);

  // Attention: q [batch, heads, length, size], or [batch, length, heads · size] with the heads' number said

  /** Opset 23. Past keys and values want {@link attentionWithPresent}. */
  attention = (q: Value, k: Value, v: Value, mask?: Value, attributes: AttentionAttributes = {}) =>
    this.op("Attention", [q, k, v, mask], { ...attributes });
  /** [y, present key, present value]; opset 23. */
  attentionWithPresent = (
    q: Value,
    k: Value,
    v: Value,
    mask: Optional,
    past_key: Optional,
    past_value: Optional,
    attributes: AttentionAttributes = {},
  ) =>
    three(
      this.ops(
        "Attention",
        [q, k, v, mask, past_key, past_value],
        { ...attributes },
        { outputs: 3 },
      ),
    );
  /** Caches are [positions, size / 2] with `position_ids` [batch, length], else [batch, length, size / 2]; opset 23. */
  rotaryEmbedding = (
    x: Value,
    cos_cache: Value,
    sin_cache: Value,
    position_ids?: Value,
    attributes: { interleaved?: Flag; num_heads?: number; rotary_embedding_dim?: number } = {},
  ) => this.op("RotaryEmbedding", [x, cos_cache, sin_cache, position_ids], attributes);

  // Whole numbers in place of floats: x ≈ (q − zero point) · scale

  quantizeLinear = (
    x: Value,
    scale: Operand,
    zeroPoint?: Value,
    attributes: QuantizeAttributes & { saturate?: Flag } = {},
  ) =>
    this.op("QuantizeLinear", [x, this.#like(x, scale), zeroPoint], quantizeAttributes(attributes));
  dequantizeLinear = (
    x: Value,
    scale: Operand,
    zeroPoint?: Value,
    attributes: QuantizeAttributes = {},
  ) =>
    this.op(
      "DequantizeLinear",
      [x, typeof scale === "number" ? this.scalar("float32", scale) : scale, zeroPoint],
      quantizeAttributes(attributes),
    );
  /** [y, scale, zero point] */
  dynamicQuantizeLinear = (x: Value) =>
    three(this.ops("DynamicQuantizeLinear", [x], {}, { outputs: 3 }));
  matMulInteger = (a: Value, b: Value, aZeroPoint?: Value, bZeroPoint?: Value) =>
    this.op("MatMulInteger", [a, b, aZeroPoint, bZeroPoint]);
  qLinearMatMul = (a: Quantized, b: Quantized, y: Omit<Quantized, "value">) =>
    this.op("QLinearMatMul", [...parts(a), ...parts(b), y.scale, y.zeroPoint]);
  convInteger = (
    x: Value,
    w: Value,
    xZeroPoint?: Value,
    wZeroPoint?: Value,
    attributes: ConvAttributes = {},
  ) => this.op("ConvInteger", [x, w, xZeroPoint, wZeroPoint], { ...attributes });
  /** `b` is int32, of scale x.scale · w.scale. */
  qLinearConv = (
    x: Quantized,
    w: Quantized,
    y: Omit<Quantized, "value">,
    b?: Value,
    attributes: ConvAttributes = {},
  ) =>
    this.op("QLinearConv", [...parts(x), ...parts(w), y.scale, y.zeroPoint, b], { ...attributes });

  // Signals; complex numbers are a last axis of two

  /** Along `axis` (default: the last but one) of x [batch, ..., 1 or 2], cut or padded to `length`. */
  dft = (
    x: Value,
    {
      axis = -2,
      length,
      ...attributes
    }: { axis?: number; length?: number; inverse?: Flag; onesided?: Flag } = {},
  ) => {
    const size = length === undefined ? undefined : this.scalar("int64", length);
    if (this.opset >= 20) return this.op("DFT", [x, size, this.scalar("int64", axis)], attributes);
    const rank = x.shape?.length ?? 0;
    return this.op("DFT", [x, size], { ...attributes, axis: axis < 0 ? axis + rank : axis });
  };
  /** [batch, frames, bins, 2] of x [batch, length, 1]. */
  stft = (
    x: Value,
    step: number,
    { window, length, onesided }: { window?: Value; length?: number; onesided?: Flag },
  ) =>
    this.op(
      "STFT",
      [
        x,
        this.scalar("int64", step),
        window,
        length === undefined ? undefined : this.scalar("int64", length),
      ],
      { onesided },
    );
  /** [dft_length / 2 + 1, bands] */
  melWeightMatrix = ({
    bands,
    dftLength,
    sampleRate,
    low,
    high,
  }: {
    bands: number;
    dftLength: number;
    sampleRate: number;
    /** Hertz. */
    low: number;
    high: number;
  }) =>
    this.op("MelWeightMatrix", [
      ...[bands, dftLength, sampleRate].map((size) => this.scalar("int64", size)),
      ...[low, high].map((hertz) => this.scalar("float32", hertz)),
    ]);
  hannWindow = (size: number, attributes: { periodic?: Flag } = {}) =>
    this.op("HannWindow", [this.scalar("int64", size)], attributes);
  hammingWindow = (size: number, attributes: { periodic?: Flag } = {}) =>
    this.op("HammingWindow", [this.scalar("int64", size)], attributes);
  blackmanWindow = (size: number, attributes: { periodic?: Flag } = {}) =>
    this.op("BlackmanWindow", [this.scalar("int64", size)], attributes);

  // Images between their pixels

  /** x [batch, channels, ...image], grid [batch, ...places, axes], −1 … 1, the last axis of the image first. */
  gridSample = (
    x: Value,
    grid: Value,
    attributes: {
      align_corners?: Flag;
      mode?: string;
      padding_mode?: "zeros" | "border" | "reflection";
    } = {},
  ) => this.op("GridSample", [x, grid], attributes);
  /** A grid of `size` [batch, channels, ...image] for theta [batch, axes, axes + 1]; opset 20. */
  affineGrid = (theta: Value, size: Numbers, attributes: { align_corners?: Flag } = {}) =>
    this.op("AffineGrid", [theta, this.#numbers(size)], attributes);
  /** rois [regions, 4]: x1, y1, x2, y2. */
  roiAlign = (
    x: Value,
    rois: Value,
    batchIndices: Value,
    attributes: {
      output_height?: number;
      output_width?: number;
      sampling_ratio?: number;
      spatial_scale?: number;
      mode?: "avg" | "max";
      coordinate_transformation_mode?: "half_pixel" | "output_half_pixel";
    } = {},
  ) => this.op("RoiAlign", [x, rois, batchIndices], attributes);
  /** [chosen, (batch, class, box)] of boxes [batch, boxes, 4] and scores [batch, classes, boxes]. */
  nonMaxSuppression = (
    boxes: Value,
    scores: Value,
    {
      most,
      iou,
      score,
      center_point_box,
    }: { most?: number; iou?: number; score?: number; center_point_box?: Flag } = {},
  ) =>
    this.op(
      "NonMaxSuppression",
      [
        boxes,
        scores,
        most === undefined ? undefined : this.int64s([most]),
        iou === undefined ? undefined : this.#floats([iou]),
        score === undefined ? undefined : this.#floats([score]),
      ],
      { center_point_box },
    );

  // Convolutions: x [batch, channels, ...spatial], w [maps, channels / group, ...kernel], b [maps]

  conv = (x: Value, w: Value, b?: Value, attributes: ConvAttributes = {}) =>
    this.op("Conv", [x, w, b], { ...attributes });
  fusedConv = (
    x: Value,
    w: Value,
    b?: Value,
    z?: Value,
    attributes: ConvAttributes & {
      activation?: string;
      activation_params?: readonly number[];
    } = {},
  ) => this.op("FusedConv", [x, w, b, z], { ...attributes }, microsoft);
  /** w is [channels, maps / group, ...kernel]. */
  convTranspose = (x: Value, w: Value, b?: Value, attributes: ConvTransposeAttributes = {}) =>
    this.op("ConvTranspose", [x, w, b], { ...attributes });
  col2Im = (
    x: Value,
    image_shape: Numbers,
    block_shape: Numbers,
    attributes: Omit<WindowAttributes, "auto_pad"> = {},
  ) =>
    this.op("Col2Im", [x, this.#numbers(image_shape), this.#numbers(block_shape)], {
      ...attributes,
    });

  // Pools

  maxPool = (x: Value, attributes: PoolAttributes) => this.op("MaxPool", [x], { ...attributes });
  /** [y, indices], the indices counting through all of x. */
  maxPoolWithIndices = (x: Value, attributes: PoolAttributes) =>
    two(this.ops("MaxPool", [x], { ...attributes }, { outputs: 2 }));
  maxUnpool = (
    x: Value,
    indices: Value,
    output_shape: Numbers | undefined,
    attributes: Omit<PoolAttributes, "ceil_mode" | "auto_pad" | "dilations">,
  ) => this.op("MaxUnpool", [x, indices, this.#optional(output_shape)], { ...attributes });
  averagePool = (x: Value, attributes: PoolAttributes & { count_include_pad?: Flag }) =>
    this.op("AveragePool", [x], { ...attributes });
  lpPool = (x: Value, attributes: PoolAttributes & { p?: number }) =>
    this.op("LpPool", [x], { ...attributes });
  globalAveragePool = (x: Value) => this.op("GlobalAveragePool", [x]);
  globalMaxPool = (x: Value) => this.op("GlobalMaxPool", [x]);
  globalLpPool = (x: Value, attributes: { p?: number } = {}) =>
    this.op("GlobalLpPool", [x], attributes);

  // Normalizations

  batchNormalization = (
    x: Value,
    scale: Value,
    bias: Value,
    mean: Value,
    variance: Value,
    attributes: { epsilon?: number } = {},
  ) => this.op("BatchNormalization", [x, scale, bias, mean, variance], attributes);
  /**
   * By the batch's own statistics: [y, running mean, running variance]. `momentum` is the share of
   * the old average kept. ONNX Runtime overwrites `mean` and `variance` in place: give it values of
   * their own.
   */
  batchNormalizationTraining = (
    x: Value,
    scale: Value,
    bias: Value,
    mean: Value,
    variance: Value,
    attributes: { epsilon?: number; momentum?: number } = {},
  ) =>
    three(
      this.ops(
        "BatchNormalization",
        [x, scale, bias, mean, variance],
        { ...attributes, training_mode: 1 },
        { outputs: 3 },
      ),
    );
  layerNormalization = (
    x: Value,
    scale: Value,
    bias?: Value,
    attributes: Axis & { epsilon?: number } = {},
  ) => this.op("LayerNormalization", [x, scale, bias], attributes);
  /** [y, mean, 1 / standard deviation] */
  layerNormalizationWithStatistics = (
    x: Value,
    scale: Value,
    bias?: Value,
    attributes: Axis & { epsilon?: number } = {},
  ) => three(this.ops("LayerNormalization", [x, scale, bias], attributes, { outputs: 3 }));
  instanceNormalization = (
    x: Value,
    scale: Value,
    bias: Value,
    attributes: { epsilon?: number } = {},
  ) => this.op("InstanceNormalization", [x, scale, bias], attributes);
  groupNormalization = (
    x: Value,
    scale: Value,
    bias: Value,
    attributes: { num_groups: number; epsilon?: number },
  ) => this.op("GroupNormalization", [x, scale, bias], attributes);
  /** Opset 23. */
  rmsNormalization = (x: Value, scale: Value, attributes: Axis & { epsilon?: number } = {}) =>
    this.op("RMSNormalization", [x, scale], attributes);
  meanVarianceNormalization = (x: Value, attributes: { axes?: readonly number[] } = {}) =>
    this.op("MeanVarianceNormalization", [x], attributes);
  lpNormalization = (x: Value, attributes: Axis & { p?: number } = {}) =>
    this.op("LpNormalization", [x], attributes);
  lrn = (x: Value, attributes: { size: number; alpha?: number; beta?: number; bias?: number }) =>
    this.op("LRN", [x], attributes);

  // Reductions

  reduceSum = (x: Value, attributes?: ReduceAttributes) => this.#reduce("ReduceSum", x, attributes);
  reduceMean = (x: Value, attributes?: ReduceAttributes) =>
    this.#reduce("ReduceMean", x, attributes);
  reduceMax = (x: Value, attributes?: ReduceAttributes) => this.#reduce("ReduceMax", x, attributes);
  reduceMin = (x: Value, attributes?: ReduceAttributes) => this.#reduce("ReduceMin", x, attributes);
  reduceProd = (x: Value, attributes?: ReduceAttributes) =>
    this.#reduce("ReduceProd", x, attributes);
  reduceL1 = (x: Value, attributes?: ReduceAttributes) => this.#reduce("ReduceL1", x, attributes);
  reduceL2 = (x: Value, attributes?: ReduceAttributes) => this.#reduce("ReduceL2", x, attributes);
  reduceLogSum = (x: Value, attributes?: ReduceAttributes) =>
    this.#reduce("ReduceLogSum", x, attributes);
  reduceLogSumExp = (x: Value, attributes?: ReduceAttributes) =>
    this.#reduce("ReduceLogSumExp", x, attributes);
  reduceSumSquare = (x: Value, attributes?: ReduceAttributes) =>
    this.#reduce("ReduceSumSquare", x, attributes);
  argMax = (x: Value, attributes: Axis & { keepdims?: Flag; select_last_index?: Flag } = {}) =>
    this.op("ArgMax", [x], attributes);
  argMin = (x: Value, attributes: Axis & { keepdims?: Flag; select_last_index?: Flag } = {}) =>
    this.op("ArgMin", [x], attributes);
  /** [values, indices] */
  topK = (x: Value, k: Value | number, attributes: Axis & { largest?: Flag; sorted?: Flag } = {}) =>
    two(
      this.ops("TopK", [x, typeof k === "number" ? this.int64s([k]) : k], attributes, {
        outputs: 2,
      }),
    );
  cumSum = (
    x: Value,
    axis: Value | number,
    attributes: { exclusive?: Flag; reverse?: Flag } = {},
  ) =>
    this.op(
      "CumSum",
      [x, typeof axis === "number" ? this.scalar("int64", axis) : axis],
      attributes,
    );

  // Layout

  reshape = (x: Value, shape: Numbers, attributes: { allowzero?: Flag } = {}) =>
    this.op("Reshape", [x, this.#numbers(shape)], attributes);
  flatten = (x: Value, attributes: Axis = {}) => this.op("Flatten", [x], attributes);
  squeeze = (x: Value, axes?: Numbers) => this.op("Squeeze", [x, this.#optional(axes)]);
  unsqueeze = (x: Value, axes: Numbers) => this.op("Unsqueeze", [x, this.#numbers(axes)]);
  /** Without `perm` the axes are reversed. */
  transpose = (x: Value, perm?: readonly number[]) => this.op("Transpose", [x], { perm });
  concat = (values: readonly Value[], attributes: { axis: number }) =>
    this.op("Concat", values, attributes);
  /** Into parts of `sizes`, or `num_outputs` equal ones (the last may be smaller). */
  split = (
    x: Value,
    { axis, sizes, num_outputs }: Axis & { sizes?: readonly number[]; num_outputs?: number },
  ) =>
    this.ops(
      "Split",
      [x, this.#optional(sizes)],
      { axis, num_outputs: sizes ? undefined : num_outputs },
      { outputs: sizes?.length ?? num_outputs ?? 1 },
    );
  slice = (
    x: Value,
    {
      starts,
      ends,
      axes,
      steps,
    }: { starts: Numbers; ends: Numbers; axes?: Numbers; steps?: Numbers },
  ) =>
    this.op("Slice", [
      x,
      this.#numbers(starts),
      this.#numbers(ends),
      this.#optional(axes),
      this.#optional(steps),
    ]);
  /** `pads`: all begins, then all ends, of `axes` (default: all). */
  pad = (
    x: Value,
    {
      pads,
      mode,
      value,
      axes,
    }: {
      pads: Numbers;
      mode?: "constant" | "reflect" | "edge";
      value?: Operand;
      axes?: Numbers;
    },
  ) =>
    this.op("Pad", [x, this.#numbers(pads), this.#like(x, value), this.#optional(axes)], { mode });
  /** Cut or padded evenly on both sides to `shape`, of `axes` (default: all). */
  centerCropPad = (x: Value, shape: Numbers, attributes: { axes?: readonly number[] } = {}) =>
    this.op("CenterCropPad", [x, this.#numbers(shape)], attributes);
  expand = (x: Value, shape: Numbers) => this.op("Expand", [x, this.#numbers(shape)]);
  tile = (x: Value, repeats: Numbers) => this.op("Tile", [x, this.#numbers(repeats)]);
  depthToSpace = (x: Value, attributes: { blocksize: number; mode?: "DCR" | "CRD" }) =>
    this.op("DepthToSpace", [x], attributes);
  spaceToDepth = (x: Value, attributes: { blocksize: number }) =>
    this.op("SpaceToDepth", [x], attributes);
  resize = (x: Value, { scales, sizes, ...attributes }: ResizeAttributes) =>
    this.op("Resize", [x, undefined, this.#floats(scales), this.#optional(sizes)], attributes);
  cast = (x: Value, to: ElementType) => this.op("Cast", [x], { to: dataTypeOf(to) });
  castLike = (x: Value, like: Value) => this.op("CastLike", [x, like]);
  trilu = (x: Value, k?: Value | number, attributes: { upper?: Flag } = {}) =>
    this.op("Trilu", [x, typeof k === "number" ? this.scalar("int64", k) : k], attributes);
  reverseSequence = (
    x: Value,
    sequence_lens: Numbers,
    attributes: { batch_axis?: number; time_axis?: number } = {},
  ) => this.op("ReverseSequence", [x, this.#numbers(sequence_lens)], attributes);

  // Indices, ranges, shapes

  gather = (x: Value, indices: Numbers, attributes: Axis = {}) =>
    this.op("Gather", [x, this.#numbers(indices)], attributes);
  gatherElements = (x: Value, indices: Value, attributes: Axis = {}) =>
    this.op("GatherElements", [x, indices], attributes);
  gatherND = (x: Value, indices: Value, attributes: { batch_dims?: number } = {}) =>
    this.op("GatherND", [x, indices], attributes);
  scatterElements = (
    x: Value,
    indices: Value,
    updates: Value,
    attributes: Axis & { reduction?: "none" | "add" | "mul" | "max" | "min" } = {},
  ) => this.op("ScatterElements", [x, indices, updates], attributes);
  scatterND = (
    x: Value,
    indices: Value,
    updates: Value,
    attributes: { reduction?: "none" | "add" | "mul" | "max" | "min" } = {},
  ) => this.op("ScatterND", [x, indices, updates], attributes);
  /** `values` are [off, on]. */
  oneHot = (indices: Value, depth: Value | number, values: Value, attributes: Axis = {}) =>
    this.op(
      "OneHot",
      [indices, typeof depth === "number" ? this.scalar("int64", depth) : depth, values],
      attributes,
    );
  nonZero = (x: Value) => this.op("NonZero", [x]);
  /** The distinct elements of x, or slices along an axis. */
  unique = (x: Value, attributes: Axis & { sorted?: Flag } = {}) =>
    this.op("Unique", [x], attributes);
  compress = (x: Value, condition: Value, attributes: Axis = {}) =>
    this.op("Compress", [x, condition], attributes);
  shape = (x: Value, attributes: { start?: number; end?: number } = {}) =>
    this.op("Shape", [x], attributes);
  size = (x: Value) => this.op("Size", [x]);
  /** int64 unless an operand says otherwise. */
  range = (start: Operand, limit: Operand, delta: Operand = 1) =>
    this.op("Range", this.#operands([start, limit, delta], "int64"));
  constantOfShape = (shape: Numbers, attributes: { value?: Tensor } = {}) =>
    this.op("ConstantOfShape", [this.#numbers(shape)], attributes);
  eyeLike = (x: Value, { dtype, k }: { dtype?: ElementType; k?: number } = {}) =>
    this.op("EyeLike", [x], { dtype: dtype && dataTypeOf(dtype), k });

  // Recurrent layers; outputs [y, last hidden state, last cell state]

  rnn = (
    x: Value,
    w: Value,
    r: Value,
    b: Optional,
    sequence_lens: Optional,
    initial_h: Optional,
    attributes: RecurrentAttributes,
  ) =>
    two(this.ops("RNN", [x, w, r, b, sequence_lens, initial_h], { ...attributes }, { outputs: 2 }));
  gru = (
    x: Value,
    w: Value,
    r: Value,
    b: Optional,
    sequence_lens: Optional,
    initial_h: Optional,
    attributes: RecurrentAttributes & { linear_before_reset?: Flag },
  ) =>
    two(this.ops("GRU", [x, w, r, b, sequence_lens, initial_h], { ...attributes }, { outputs: 2 }));
  lstm = (
    x: Value,
    w: Value,
    r: Value,
    b: Optional,
    sequence_lens: Optional,
    initial_h: Optional,
    initial_c: Optional,
    p: Optional,
    attributes: RecurrentAttributes & { input_forget?: Flag },
  ) =>
    three(
      this.ops(
        "LSTM",
        [x, w, r, b, sequence_lens, initial_h, initial_c, p],
        { ...attributes },
        { outputs: 3 },
      ),
    );

  // Losses: scores [batch, classes, ...], labels [batch, ...]

  softmaxCrossEntropyLoss = (
    scores: Value,
    labels: Value,
    weights?: Value,
    attributes: { reduction?: "mean" | "sum" | "none"; ignore_index?: number } = {},
  ) => this.op("SoftmaxCrossEntropyLoss", [scores, labels, weights], attributes);
  /** [loss, log of the probabilities] */
  softmaxCrossEntropyLossWithLogProb = (
    scores: Value,
    labels: Value,
    weights?: Value,
    attributes: { reduction?: "mean" | "sum" | "none"; ignore_index?: number } = {},
  ) =>
    two(this.ops("SoftmaxCrossEntropyLoss", [scores, labels, weights], attributes, { outputs: 2 }));
  negativeLogLikelihoodLoss = (
    x: Value,
    target: Value,
    weight?: Value,
    attributes: { reduction?: "mean" | "sum" | "none"; ignore_index?: number } = {},
  ) => this.op("NegativeLogLikelihoodLoss", [x, target, weight], attributes);

  // Randomness

  /** Zeros a share `ratio` and scales the rest up; does nothing unless `training_mode`. */
  dropout = (
    x: Value,
    {
      ratio,
      training_mode,
      seed,
    }: { ratio?: Operand; training_mode?: Value | boolean } & Random = {},
  ) => this.op("Dropout", [x, this.#like(x, ratio), this.#flag(training_mode)], { seed });
  /** [y, mask] */
  dropoutWithMask = (
    x: Value,
    {
      ratio,
      training_mode,
      seed,
    }: { ratio?: Operand; training_mode?: Value | boolean } & Random = {},
  ) =>
    two(
      this.ops(
        "Dropout",
        [x, this.#like(x, ratio), this.#flag(training_mode)],
        { seed },
        { outputs: 2 },
      ),
    );
  randomNormal = (
    shape: readonly number[],
    { dtype, ...rest }: { dtype?: ElementType; mean?: number; scale?: number } & Random = {},
  ) => this.op("RandomNormal", [], { shape, dtype: dtype && dataTypeOf(dtype), ...rest });
  randomUniform = (
    shape: readonly number[],
    { dtype, ...rest }: { dtype?: ElementType; low?: number; high?: number } & Random = {},
  ) => this.op("RandomUniform", [], { shape, dtype: dtype && dataTypeOf(dtype), ...rest });
  randomNormalLike = (
    x: Value,
    { dtype, ...rest }: { dtype?: ElementType; mean?: number; scale?: number } & Random = {},
  ) => this.op("RandomNormalLike", [x], { dtype: dtype && dataTypeOf(dtype), ...rest });
  randomUniformLike = (
    x: Value,
    { dtype, ...rest }: { dtype?: ElementType; low?: number; high?: number } & Random = {},
  ) => this.op("RandomUniformLike", [x], { dtype: dtype && dataTypeOf(dtype), ...rest });
  bernoulli = (x: Value, { dtype, ...rest }: { dtype?: ElementType } & Random = {}) =>
    this.op("Bernoulli", [x], { dtype: dtype && dataTypeOf(dtype), ...rest });
  multinomial = (
    x: Value,
    { dtype, ...rest }: { dtype?: ElementType; sample_size?: number } & Random = {},
  ) => this.op("Multinomial", [x], { dtype: dtype && dataTypeOf(dtype), ...rest });

  // Control flow: bodies are functions that build into a graph of their own, and see the values around

  /** Outputs of the branch that `condition` chooses. */
  if = (
    condition: Value,
    thenBranch: (g: GraphBuilder) => readonly Value[],
    elseBranch: (g: GraphBuilder) => readonly Value[],
  ): Value[] => {
    const then_branch = this.#graph("then", [], thenBranch);
    const else_branch = this.#graph("else", [], elseBranch);
    return this.ops(
      "If",
      [condition],
      { then_branch, else_branch },
      { outputs: then_branch.outputs.length },
    );
  };

  /**
   * Repeats `body` up to `trips` times while its condition holds; outputs are stacked along a new
   * first axis.
   */
  loop = (
    trips: Value | number | undefined,
    condition: Value | undefined,
    states: readonly Value[],
    body: (
      g: GraphBuilder,
      iteration: Value,
      condition: Value,
      states: readonly Value[],
    ) => { condition?: Value; states: readonly Value[]; outputs?: readonly Value[] },
  ): { states: Value[]; outputs: Value[] } => {
    const graph = this.#graph(
      "loop",
      [
        { dtype: "int64", shape: [] },
        { dtype: "bool", shape: [] },
        ...states.map(({ dtype, shape }) => ({ dtype, shape })),
      ],
      (g, [iteration, going, ...inner]) => {
        const made = body(g, iteration!, going!, inner);
        return [made.condition ?? going!, ...made.states, ...(made.outputs ?? [])];
      },
    );
    const all = this.ops(
      "Loop",
      [typeof trips === "number" ? this.scalar("int64", trips) : trips, condition, ...states],
      { body: graph },
      { outputs: graph.outputs.length - 1 },
    );
    return { states: all.slice(0, states.length), outputs: all.slice(states.length) };
  };

  /**
   * Runs `body` over slices of `scanned` along their first axes (or `scan_input_axes`), handing
   * states on; outputs are stacked along a new first axis (or `scan_output_axes`).
   */
  scan = (
    states: readonly Value[],
    scanned: readonly Value[],
    body: (
      g: GraphBuilder,
      states: readonly Value[],
      slices: readonly Value[],
    ) => { states: readonly Value[]; outputs?: readonly Value[] },
    attributes: {
      scan_input_axes?: readonly number[];
      scan_input_directions?: readonly number[];
      scan_output_axes?: readonly number[];
      scan_output_directions?: readonly number[];
    } = {},
  ): { states: Value[]; outputs: Value[] } => {
    const axes = attributes.scan_input_axes ?? scanned.map(() => 0);
    const graph = this.#graph(
      "scan",
      [
        ...states.map(({ dtype, shape }) => ({ dtype, shape })),
        ...scanned.map(({ dtype, shape }, i) => ({
          dtype,
          shape: shape?.filter((_, j) => j !== (axes[i]! + shape.length) % shape.length),
        })),
      ],
      (g, inner) => {
        const made = body(g, inner.slice(0, states.length), inner.slice(states.length));
        return [...made.states, ...(made.outputs ?? [])];
      },
    );
    const all = this.ops(
      "Scan",
      [...states, ...scanned],
      { ...attributes, body: graph, num_scan_inputs: scanned.length },
      { outputs: graph.outputs.length },
    );
    return { states: all.slice(0, states.length), outputs: all.slice(states.length) };
  };

  /** A graph inside this one. */
  #graph(
    name: string,
    inputs: readonly { dtype: ElementType; shape: readonly Dim[] | undefined }[],
    body: (g: GraphBuilder, inputs: readonly Value[]) => readonly Value[],
  ): Graph {
    const inner = new GraphBuilder({ name }, this);
    const given = inputs.map(({ dtype, shape }) =>
      inner.input(inner.freshName(`${name}/input`), dtype, shape),
    );
    for (const value of body(inner, given)) inner.output(value);
    return inner.buildGraph();
  }

  /** Numbers as constants of the type of the first operand that is a value. */
  #operands(operands: readonly Operand[], absent: ElementType = "float32"): Value[] {
    const given = operands.find((operand) => typeof operand !== "number");
    const dtype = given?.dtype ?? absent;
    return operands.map((operand) =>
      typeof operand === "number" ? this.scalar(dtype, operand) : operand,
    );
  }

  #binary(op: string, a: Operand, b: Operand, attributes?: Attributes): Value {
    return this.op(op, this.#operands([a, b]), attributes);
  }

  #like(x: Value, operand: Operand | undefined): Optional {
    return typeof operand === "number" ? this.scalar(x.dtype, operand) : operand;
  }

  #flag(flag: Value | boolean | undefined): Optional {
    return typeof flag === "boolean" ? this.scalar("bool", flag ? 1 : 0) : flag;
  }

  #numbers(numbers: Numbers): Value {
    return isNumbers(numbers) ? this.int64s(numbers) : numbers;
  }

  #optional(numbers: Numbers | undefined): Optional {
    return numbers && this.#numbers(numbers);
  }

  #floats(numbers: Numbers | undefined): Optional {
    return isNumbers(numbers)
      ? this.constant({
          dtype: "float32",
          shape: [numbers.length],
          data: Float32Array.from(numbers),
        })
      : numbers;
  }

  #reduce(op: string, x: Value, { axes, ...attributes }: ReduceAttributes = {}): Value {
    return this.op(op, [x, this.#optional(axes)], attributes);
  }
}

/**
 * The model in opset 18 (or its own, if that is newer): older graphs, of opsets 7 to 17, have axes and
 * limits as attributes, softmaxes that flatten, Upsample, and more that is not so any more.
 *
 * @throws CajalError `unsupported` for opsets below 7, and the few forms that opset 18 has not
 */
export function upgradeModel(model: OnnxModel): OnnxModel {
  checkStructure(model, "upgradeModel");
  return GraphBuilder.from(model).build();
}

const parts = ({ value, scale, zeroPoint }: Quantized) => [value, scale, zeroPoint];

const quantizeAttributes = ({
  output_dtype,
  ...rest
}: QuantizeAttributes & { saturate?: Flag }) => ({
  ...rest,
  output_dtype: output_dtype && dataTypeOf(output_dtype),
});

const isNumbers = (numbers: Numbers | undefined): numbers is readonly number[] =>
  Array.isArray(numbers);

const two = (values: readonly Value[]) => [values[0]!, values[1]!] as const;
const three = (values: readonly Value[]) => [values[0]!, values[1]!, values[2]!] as const;
