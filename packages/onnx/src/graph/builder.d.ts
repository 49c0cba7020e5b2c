import { type Tensor } from "@cajal/core";
import { GraphAssembler, type AssemblerOptions, type Value } from "./assembler";
import { type ElementType } from "../model/elementType";
import type { Dim, OnnxModel } from "../model/model";
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
type Axis = {
    readonly axis?: number;
};
type Random = {
    readonly seed?: number;
};
export declare class GraphBuilder extends GraphAssembler {
    #private;
    constructor(options?: AssemblerOptions, outer?: GraphAssembler);
    /**
     * A builder that holds a model, to go on from. Shapes are inferred anew, and nodes of opsets 7 to 17
     * become what opset 18 has in their place, so that all that is added fits.
     *
     * @param shapes shapes for some inputs, e.g. `{ input: [8, 1, 28, 28] }` for a free batch
     * @throws CajalError as the operators' methods do; `unknown-name` for an input that is not there;
     *   `unsupported` for opsets below 7
     */
    static from(model: OnnxModel, options?: {
        shapes?: Readonly<Record<string, readonly Dim[] | undefined>>;
    }): GraphBuilder;
    add: (a: Operand, b: Operand) => import("..").ValueInfo;
    sub: (a: Operand, b: Operand) => import("..").ValueInfo;
    mul: (a: Operand, b: Operand) => import("..").ValueInfo;
    div: (a: Operand, b: Operand) => import("..").ValueInfo;
    pow: (a: Operand, b: Operand) => import("..").ValueInfo;
    mod: (a: Operand, b: Operand, attributes?: {
        fmod?: Flag;
    }) => import("..").ValueInfo;
    max: (...x: Operand[]) => import("..").ValueInfo;
    min: (...x: Operand[]) => import("..").ValueInfo;
    sum: (...x: Operand[]) => import("..").ValueInfo;
    mean: (...x: Operand[]) => import("..").ValueInfo;
    equal: (a: Operand, b: Operand) => import("..").ValueInfo;
    greater: (a: Operand, b: Operand) => import("..").ValueInfo;
    greaterOrEqual: (a: Operand, b: Operand) => import("..").ValueInfo;
    less: (a: Operand, b: Operand) => import("..").ValueInfo;
    lessOrEqual: (a: Operand, b: Operand) => import("..").ValueInfo;
    and: (a: Value, b: Value) => import("..").ValueInfo;
    or: (a: Value, b: Value) => import("..").ValueInfo;
    xor: (a: Value, b: Value) => import("..").ValueInfo;
    not: (x: Value) => import("..").ValueInfo;
    bitwiseAnd: (a: Operand, b: Operand) => import("..").ValueInfo;
    bitwiseOr: (a: Operand, b: Operand) => import("..").ValueInfo;
    bitwiseXor: (a: Operand, b: Operand) => import("..").ValueInfo;
    bitwiseNot: (x: Value) => import("..").ValueInfo;
    bitShift: (a: Operand, b: Operand, attributes: {
        direction: "LEFT" | "RIGHT";
    }) => import("..").ValueInfo;
    isNaN: (x: Value) => import("..").ValueInfo;
    isInf: (x: Value, attributes?: {
        detect_negative?: Flag;
        detect_positive?: Flag;
    }) => import("..").ValueInfo;
    where: (condition: Value, a: Operand, b: Operand) => import("..").ValueInfo;
    abs: (x: Value) => import("..").ValueInfo;
    neg: (x: Value) => import("..").ValueInfo;
    sign: (x: Value) => import("..").ValueInfo;
    floor: (x: Value) => import("..").ValueInfo;
    ceil: (x: Value) => import("..").ValueInfo;
    round: (x: Value) => import("..").ValueInfo;
    exp: (x: Value) => import("..").ValueInfo;
    log: (x: Value) => import("..").ValueInfo;
    sqrt: (x: Value) => import("..").ValueInfo;
    reciprocal: (x: Value) => import("..").ValueInfo;
    erf: (x: Value) => import("..").ValueInfo;
    sin: (x: Value) => import("..").ValueInfo;
    cos: (x: Value) => import("..").ValueInfo;
    tan: (x: Value) => import("..").ValueInfo;
    asin: (x: Value) => import("..").ValueInfo;
    acos: (x: Value) => import("..").ValueInfo;
    atan: (x: Value) => import("..").ValueInfo;
    sinh: (x: Value) => import("..").ValueInfo;
    cosh: (x: Value) => import("..").ValueInfo;
    asinh: (x: Value) => import("..").ValueInfo;
    acosh: (x: Value) => import("..").ValueInfo;
    atanh: (x: Value) => import("..").ValueInfo;
    identity: (x: Value) => import("..").ValueInfo;
    clip: (x: Value, { min, max }: {
        min?: Operand;
        max?: Operand;
    }) => import("..").ValueInfo;
    relu: (x: Value) => import("..").ValueInfo;
    leakyRelu: (x: Value, attributes?: {
        alpha?: number;
    }) => import("..").ValueInfo;
    pRelu: (x: Value, slope: Operand) => import("..").ValueInfo;
    thresholdedRelu: (x: Value, attributes?: {
        alpha?: number;
    }) => import("..").ValueInfo;
    elu: (x: Value, attributes?: {
        alpha?: number;
    }) => import("..").ValueInfo;
    celu: (x: Value, attributes?: {
        alpha?: number;
    }) => import("..").ValueInfo;
    selu: (x: Value, attributes?: {
        alpha?: number;
        gamma?: number;
    }) => import("..").ValueInfo;
    sigmoid: (x: Value) => import("..").ValueInfo;
    hardSigmoid: (x: Value, attributes?: {
        alpha?: number;
        beta?: number;
    }) => import("..").ValueInfo;
    hardSwish: (x: Value) => import("..").ValueInfo;
    mish: (x: Value) => import("..").ValueInfo;
    tanh: (x: Value) => import("..").ValueInfo;
    softplus: (x: Value) => import("..").ValueInfo;
    softsign: (x: Value) => import("..").ValueInfo;
    shrink: (x: Value, attributes?: {
        bias?: number;
        lambd?: number;
    }) => import("..").ValueInfo;
    /**
     * By the error function, or approximated by tanh. The standard has it from opset 20 on; before, this is
     * ONNX Runtime's own (com.microsoft), by the error function.
     */
    gelu: (x: Value, attributes?: {
        approximate?: "none" | "tanh";
    }) => import("..").ValueInfo;
    /** x σ(αx); opset 24. */
    swish: (x: Value, attributes?: {
        alpha?: number;
    }) => import("..").ValueInfo;
    quickGelu: (x: Value, attributes?: {
        alpha?: number;
    }) => import("..").ValueInfo;
    softmax: (x: Value, attributes?: Axis) => import("..").ValueInfo;
    logSoftmax: (x: Value, attributes?: Axis) => import("..").ValueInfo;
    hardmax: (x: Value, attributes?: Axis) => import("..").ValueInfo;
    matMul: (a: Value, b: Value) => import("..").ValueInfo;
    /** alpha · op(a) op(b), ONNX Runtime's (com.microsoft); transBatch moves the first axis before the last but one. */
    fusedMatMul: (a: Value, b: Value, attributes?: Omit<GemmAttributes, "beta"> & {
        transBatchA?: Flag;
        transBatchB?: Flag;
    }) => import("..").ValueInfo;
    /** alpha · a b + beta · c */
    gemm: (a: Value, b: Value, c?: Value, attributes?: GemmAttributes) => import("..").ValueInfo;
    fusedGemm: (a: Value, b: Value, c?: Value, attributes?: GemmAttributes & {
        activation?: string;
    }) => import("..").ValueInfo;
    einsum: (inputs: readonly Value[], attributes: {
        equation: string;
    }) => import("..").ValueInfo;
    det: (x: Value) => import("..").ValueInfo;
    /** Opset 23. Past keys and values want {@link attentionWithPresent}. */
    attention: (q: Value, k: Value, v: Value, mask?: Value, attributes?: AttentionAttributes) => import("..").ValueInfo;
    /** [y, present key, present value]; opset 23. */
    attentionWithPresent: (q: Value, k: Value, v: Value, mask: Optional, past_key: Optional, past_value: Optional, attributes?: AttentionAttributes) => readonly [import("..").ValueInfo, import("..").ValueInfo, import("..").ValueInfo];
    /** Caches are [positions, size / 2] with `position_ids` [batch, length], else [batch, length, size / 2]; opset 23. */
    rotaryEmbedding: (x: Value, cos_cache: Value, sin_cache: Value, position_ids?: Value, attributes?: {
        interleaved?: Flag;
        num_heads?: number;
        rotary_embedding_dim?: number;
    }) => import("..").ValueInfo;
    quantizeLinear: (x: Value, scale: Operand, zeroPoint?: Value, attributes?: QuantizeAttributes & {
        saturate?: Flag;
    }) => import("..").ValueInfo;
    dequantizeLinear: (x: Value, scale: Operand, zeroPoint?: Value, attributes?: QuantizeAttributes) => import("..").ValueInfo;
    /** [y, scale, zero point] */
    dynamicQuantizeLinear: (x: Value) => readonly [import("..").ValueInfo, import("..").ValueInfo, import("..").ValueInfo];
    matMulInteger: (a: Value, b: Value, aZeroPoint?: Value, bZeroPoint?: Value) => import("..").ValueInfo;
    qLinearMatMul: (a: Quantized, b: Quantized, y: Omit<Quantized, "value">) => import("..").ValueInfo;
    convInteger: (x: Value, w: Value, xZeroPoint?: Value, wZeroPoint?: Value, attributes?: ConvAttributes) => import("..").ValueInfo;
    /** `b` is int32, of scale x.scale · w.scale. */
    qLinearConv: (x: Quantized, w: Quantized, y: Omit<Quantized, "value">, b?: Value, attributes?: ConvAttributes) => import("..").ValueInfo;
    /** Along `axis` (default: the last but one) of x [batch, ..., 1 or 2], cut or padded to `length`. */
    dft: (x: Value, { axis, length, ...attributes }?: {
        axis?: number;
        length?: number;
        inverse?: Flag;
        onesided?: Flag;
    }) => import("..").ValueInfo;
    /** [batch, frames, bins, 2] of x [batch, length, 1]. */
    stft: (x: Value, step: number, { window, length, onesided }: {
        window?: Value;
        length?: number;
        onesided?: Flag;
    }) => import("..").ValueInfo;
    /** [dft_length / 2 + 1, bands] */
    melWeightMatrix: ({ bands, dftLength, sampleRate, low, high, }: {
        bands: number;
        dftLength: number;
        sampleRate: number;
        /** Hertz. */
        low: number;
        high: number;
    }) => import("..").ValueInfo;
    hannWindow: (size: number, attributes?: {
        periodic?: Flag;
    }) => import("..").ValueInfo;
    hammingWindow: (size: number, attributes?: {
        periodic?: Flag;
    }) => import("..").ValueInfo;
    blackmanWindow: (size: number, attributes?: {
        periodic?: Flag;
    }) => import("..").ValueInfo;
    /** x [batch, channels, ...image], grid [batch, ...places, axes], −1 … 1, the last axis of the image first. */
    gridSample: (x: Value, grid: Value, attributes?: {
        align_corners?: Flag;
        mode?: string;
        padding_mode?: "zeros" | "border" | "reflection";
    }) => import("..").ValueInfo;
    /** A grid of `size` [batch, channels, ...image] for theta [batch, axes, axes + 1]; opset 20. */
    affineGrid: (theta: Value, size: Numbers, attributes?: {
        align_corners?: Flag;
    }) => import("..").ValueInfo;
    /** rois [regions, 4]: x1, y1, x2, y2. */
    roiAlign: (x: Value, rois: Value, batchIndices: Value, attributes?: {
        output_height?: number;
        output_width?: number;
        sampling_ratio?: number;
        spatial_scale?: number;
        mode?: "avg" | "max";
        coordinate_transformation_mode?: "half_pixel" | "output_half_pixel";
    }) => import("..").ValueInfo;
    /** [chosen, (batch, class, box)] of boxes [batch, boxes, 4] and scores [batch, classes, boxes]. */
    nonMaxSuppression: (boxes: Value, scores: Value, { most, iou, score, center_point_box, }?: {
        most?: number;
        iou?: number;
        score?: number;
        center_point_box?: Flag;
    }) => import("..").ValueInfo;
    conv: (x: Value, w: Value, b?: Value, attributes?: ConvAttributes) => import("..").ValueInfo;
    fusedConv: (x: Value, w: Value, b?: Value, z?: Value, attributes?: ConvAttributes & {
        activation?: string;
        activation_params?: readonly number[];
    }) => import("..").ValueInfo;
    /** w is [channels, maps / group, ...kernel]. */
    convTranspose: (x: Value, w: Value, b?: Value, attributes?: ConvTransposeAttributes) => import("..").ValueInfo;
    col2Im: (x: Value, image_shape: Numbers, block_shape: Numbers, attributes?: Omit<WindowAttributes, "auto_pad">) => import("..").ValueInfo;
    maxPool: (x: Value, attributes: PoolAttributes) => import("..").ValueInfo;
    /** [y, indices], the indices counting through all of x. */
    maxPoolWithIndices: (x: Value, attributes: PoolAttributes) => readonly [import("..").ValueInfo, import("..").ValueInfo];
    maxUnpool: (x: Value, indices: Value, output_shape: Numbers | undefined, attributes: Omit<PoolAttributes, "ceil_mode" | "auto_pad" | "dilations">) => import("..").ValueInfo;
    averagePool: (x: Value, attributes: PoolAttributes & {
        count_include_pad?: Flag;
    }) => import("..").ValueInfo;
    lpPool: (x: Value, attributes: PoolAttributes & {
        p?: number;
    }) => import("..").ValueInfo;
    globalAveragePool: (x: Value) => import("..").ValueInfo;
    globalMaxPool: (x: Value) => import("..").ValueInfo;
    globalLpPool: (x: Value, attributes?: {
        p?: number;
    }) => import("..").ValueInfo;
    batchNormalization: (x: Value, scale: Value, bias: Value, mean: Value, variance: Value, attributes?: {
        epsilon?: number;
    }) => import("..").ValueInfo;
    /**
     * By the batch's own statistics: [y, running mean, running variance]. `momentum` is the share of
     * the old average kept. ONNX Runtime overwrites `mean` and `variance` in place: give it values of
     * their own.
     */
    batchNormalizationTraining: (x: Value, scale: Value, bias: Value, mean: Value, variance: Value, attributes?: {
        epsilon?: number;
        momentum?: number;
    }) => readonly [import("..").ValueInfo, import("..").ValueInfo, import("..").ValueInfo];
    layerNormalization: (x: Value, scale: Value, bias?: Value, attributes?: Axis & {
        epsilon?: number;
    }) => import("..").ValueInfo;
    /** [y, mean, 1 / standard deviation] */
    layerNormalizationWithStatistics: (x: Value, scale: Value, bias?: Value, attributes?: Axis & {
        epsilon?: number;
    }) => readonly [import("..").ValueInfo, import("..").ValueInfo, import("..").ValueInfo];
    instanceNormalization: (x: Value, scale: Value, bias: Value, attributes?: {
        epsilon?: number;
    }) => import("..").ValueInfo;
    groupNormalization: (x: Value, scale: Value, bias: Value, attributes: {
        num_groups: number;
        epsilon?: number;
    }) => import("..").ValueInfo;
    /** Opset 23. */
    rmsNormalization: (x: Value, scale: Value, attributes?: Axis & {
        epsilon?: number;
    }) => import("..").ValueInfo;
    meanVarianceNormalization: (x: Value, attributes?: {
        axes?: readonly number[];
    }) => import("..").ValueInfo;
    lpNormalization: (x: Value, attributes?: Axis & {
        p?: number;
    }) => import("..").ValueInfo;
    lrn: (x: Value, attributes: {
        size: number;
        alpha?: number;
        beta?: number;
        bias?: number;
    }) => import("..").ValueInfo;
    reduceSum: (x: Value, attributes?: ReduceAttributes) => import("..").ValueInfo;
    reduceMean: (x: Value, attributes?: ReduceAttributes) => import("..").ValueInfo;
    reduceMax: (x: Value, attributes?: ReduceAttributes) => import("..").ValueInfo;
    reduceMin: (x: Value, attributes?: ReduceAttributes) => import("..").ValueInfo;
    reduceProd: (x: Value, attributes?: ReduceAttributes) => import("..").ValueInfo;
    reduceL1: (x: Value, attributes?: ReduceAttributes) => import("..").ValueInfo;
    reduceL2: (x: Value, attributes?: ReduceAttributes) => import("..").ValueInfo;
    reduceLogSum: (x: Value, attributes?: ReduceAttributes) => import("..").ValueInfo;
    reduceLogSumExp: (x: Value, attributes?: ReduceAttributes) => import("..").ValueInfo;
    reduceSumSquare: (x: Value, attributes?: ReduceAttributes) => import("..").ValueInfo;
    argMax: (x: Value, attributes?: Axis & {
        keepdims?: Flag;
        select_last_index?: Flag;
    }) => import("..").ValueInfo;
    argMin: (x: Value, attributes?: Axis & {
        keepdims?: Flag;
        select_last_index?: Flag;
    }) => import("..").ValueInfo;
    /** [values, indices] */
    topK: (x: Value, k: Value | number, attributes?: Axis & {
        largest?: Flag;
        sorted?: Flag;
    }) => readonly [import("..").ValueInfo, import("..").ValueInfo];
    cumSum: (x: Value, axis: Value | number, attributes?: {
        exclusive?: Flag;
        reverse?: Flag;
    }) => import("..").ValueInfo;
    reshape: (x: Value, shape: Numbers, attributes?: {
        allowzero?: Flag;
    }) => import("..").ValueInfo;
    flatten: (x: Value, attributes?: Axis) => import("..").ValueInfo;
    squeeze: (x: Value, axes?: Numbers) => import("..").ValueInfo;
    unsqueeze: (x: Value, axes: Numbers) => import("..").ValueInfo;
    /** Without `perm` the axes are reversed. */
    transpose: (x: Value, perm?: readonly number[]) => import("..").ValueInfo;
    concat: (values: readonly Value[], attributes: {
        axis: number;
    }) => import("..").ValueInfo;
    /** Into parts of `sizes`, or `num_outputs` equal ones (the last may be smaller). */
    split: (x: Value, { axis, sizes, num_outputs }: Axis & {
        sizes?: readonly number[];
        num_outputs?: number;
    }) => import("..").ValueInfo[];
    slice: (x: Value, { starts, ends, axes, steps, }: {
        starts: Numbers;
        ends: Numbers;
        axes?: Numbers;
        steps?: Numbers;
    }) => import("..").ValueInfo;
    /** `pads`: all begins, then all ends, of `axes` (default: all). */
    pad: (x: Value, { pads, mode, value, axes, }: {
        pads: Numbers;
        mode?: "constant" | "reflect" | "edge";
        value?: Operand;
        axes?: Numbers;
    }) => import("..").ValueInfo;
    /** Cut or padded evenly on both sides to `shape`, of `axes` (default: all). */
    centerCropPad: (x: Value, shape: Numbers, attributes?: {
        axes?: readonly number[];
    }) => import("..").ValueInfo;
    expand: (x: Value, shape: Numbers) => import("..").ValueInfo;
    tile: (x: Value, repeats: Numbers) => import("..").ValueInfo;
    depthToSpace: (x: Value, attributes: {
        blocksize: number;
        mode?: "DCR" | "CRD";
    }) => import("..").ValueInfo;
    spaceToDepth: (x: Value, attributes: {
        blocksize: number;
    }) => import("..").ValueInfo;
    resize: (x: Value, { scales, sizes, ...attributes }: ResizeAttributes) => import("..").ValueInfo;
    cast: (x: Value, to: ElementType) => import("..").ValueInfo;
    castLike: (x: Value, like: Value) => import("..").ValueInfo;
    trilu: (x: Value, k?: Value | number, attributes?: {
        upper?: Flag;
    }) => import("..").ValueInfo;
    reverseSequence: (x: Value, sequence_lens: Numbers, attributes?: {
        batch_axis?: number;
        time_axis?: number;
    }) => import("..").ValueInfo;
    gather: (x: Value, indices: Numbers, attributes?: Axis) => import("..").ValueInfo;
    gatherElements: (x: Value, indices: Value, attributes?: Axis) => import("..").ValueInfo;
    gatherND: (x: Value, indices: Value, attributes?: {
        batch_dims?: number;
    }) => import("..").ValueInfo;
    scatterElements: (x: Value, indices: Value, updates: Value, attributes?: Axis & {
        reduction?: "none" | "add" | "mul" | "max" | "min";
    }) => import("..").ValueInfo;
    scatterND: (x: Value, indices: Value, updates: Value, attributes?: {
        reduction?: "none" | "add" | "mul" | "max" | "min";
    }) => import("..").ValueInfo;
    /** `values` are [off, on]. */
    oneHot: (indices: Value, depth: Value | number, values: Value, attributes?: Axis) => import("..").ValueInfo;
    nonZero: (x: Value) => import("..").ValueInfo;
    /** The distinct elements of x, or slices along an axis. */
    unique: (x: Value, attributes?: Axis & {
        sorted?: Flag;
    }) => import("..").ValueInfo;
    compress: (x: Value, condition: Value, attributes?: Axis) => import("..").ValueInfo;
    shape: (x: Value, attributes?: {
        start?: number;
        end?: number;
    }) => import("..").ValueInfo;
    size: (x: Value) => import("..").ValueInfo;
    /** int64 unless an operand says otherwise. */
    range: (start: Operand, limit: Operand, delta?: Operand) => import("..").ValueInfo;
    constantOfShape: (shape: Numbers, attributes?: {
        value?: Tensor;
    }) => import("..").ValueInfo;
    eyeLike: (x: Value, { dtype, k }?: {
        dtype?: ElementType;
        k?: number;
    }) => import("..").ValueInfo;
    rnn: (x: Value, w: Value, r: Value, b: Optional, sequence_lens: Optional, initial_h: Optional, attributes: RecurrentAttributes) => readonly [import("..").ValueInfo, import("..").ValueInfo];
    gru: (x: Value, w: Value, r: Value, b: Optional, sequence_lens: Optional, initial_h: Optional, attributes: RecurrentAttributes & {
        linear_before_reset?: Flag;
    }) => readonly [import("..").ValueInfo, import("..").ValueInfo];
    lstm: (x: Value, w: Value, r: Value, b: Optional, sequence_lens: Optional, initial_h: Optional, initial_c: Optional, p: Optional, attributes: RecurrentAttributes & {
        input_forget?: Flag;
    }) => readonly [import("..").ValueInfo, import("..").ValueInfo, import("..").ValueInfo];
    softmaxCrossEntropyLoss: (scores: Value, labels: Value, weights?: Value, attributes?: {
        reduction?: "mean" | "sum" | "none";
        ignore_index?: number;
    }) => import("..").ValueInfo;
    /** [loss, log of the probabilities] */
    softmaxCrossEntropyLossWithLogProb: (scores: Value, labels: Value, weights?: Value, attributes?: {
        reduction?: "mean" | "sum" | "none";
        ignore_index?: number;
    }) => readonly [import("..").ValueInfo, import("..").ValueInfo];
    negativeLogLikelihoodLoss: (x: Value, target: Value, weight?: Value, attributes?: {
        reduction?: "mean" | "sum" | "none";
        ignore_index?: number;
    }) => import("..").ValueInfo;
    /** Zeros a share `ratio` and scales the rest up; does nothing unless `training_mode`. */
    dropout: (x: Value, { ratio, training_mode, seed, }?: {
        ratio?: Operand;
        training_mode?: Value | boolean;
    } & Random) => import("..").ValueInfo;
    /** [y, mask] */
    dropoutWithMask: (x: Value, { ratio, training_mode, seed, }?: {
        ratio?: Operand;
        training_mode?: Value | boolean;
    } & Random) => readonly [import("..").ValueInfo, import("..").ValueInfo];
    randomNormal: (shape: readonly number[], { dtype, ...rest }?: {
        dtype?: ElementType;
        mean?: number;
        scale?: number;
    } & Random) => import("..").ValueInfo;
    randomUniform: (shape: readonly number[], { dtype, ...rest }?: {
        dtype?: ElementType;
        low?: number;
        high?: number;
    } & Random) => import("..").ValueInfo;
    randomNormalLike: (x: Value, { dtype, ...rest }?: {
        dtype?: ElementType;
        mean?: number;
        scale?: number;
    } & Random) => import("..").ValueInfo;
    randomUniformLike: (x: Value, { dtype, ...rest }?: {
        dtype?: ElementType;
        low?: number;
        high?: number;
    } & Random) => import("..").ValueInfo;
    bernoulli: (x: Value, { dtype, ...rest }?: {
        dtype?: ElementType;
    } & Random) => import("..").ValueInfo;
    multinomial: (x: Value, { dtype, ...rest }?: {
        dtype?: ElementType;
        sample_size?: number;
    } & Random) => import("..").ValueInfo;
    /** Outputs of the branch that `condition` chooses. */
    if: (condition: Value, thenBranch: (g: GraphBuilder) => readonly Value[], elseBranch: (g: GraphBuilder) => readonly Value[]) => Value[];
    /**
     * Repeats `body` up to `trips` times while its condition holds; outputs are stacked along a new
     * first axis.
     */
    loop: (trips: Value | number | undefined, condition: Value | undefined, states: readonly Value[], body: (g: GraphBuilder, iteration: Value, condition: Value, states: readonly Value[]) => {
        condition?: Value;
        states: readonly Value[];
        outputs?: readonly Value[];
    }) => {
        states: Value[];
        outputs: Value[];
    };
    /**
     * Runs `body` over slices of `scanned` along their first axes (or `scan_input_axes`), handing
     * states on; outputs are stacked along a new first axis (or `scan_output_axes`).
     */
    scan: (states: readonly Value[], scanned: readonly Value[], body: (g: GraphBuilder, states: readonly Value[], slices: readonly Value[]) => {
        states: readonly Value[];
        outputs?: readonly Value[];
    }, attributes?: {
        scan_input_axes?: readonly number[];
        scan_input_directions?: readonly number[];
        scan_output_axes?: readonly number[];
        scan_output_directions?: readonly number[];
    }) => {
        states: Value[];
        outputs: Value[];
    };
}
/**
 * The model in opset 18 (or its own, if that is newer): older graphs, of opsets 7 to 17, have axes and
 * limits as attributes, softmaxes that flatten, Upsample, and more that is not so any more.
 *
 * @throws CajalError `unsupported` for opsets below 7, and the few forms that opset 18 has not
 */
export declare function upgradeModel(model: OnnxModel): OnnxModel;
