// TF.js' kernels in pure JavaScript go through arrays one sum after the other, call functions for every element, or turn axes
// round for a sum. Those here compute the same many times faster, in float64, and replace TF.js' only while a model
// of Cajal's runs.
import type * as tfc from "@tensorflow/tfjs-core";
import type { TfCore } from "./peers";
import { convolve, filterSums, imageSums } from "./kernels/convolution";
import { depthwiseFilterSums } from "./kernels/depthwiseFilterSums";
import { elementwise, operations } from "./kernels/elementwise";
import { maxPoolSums } from "./kernels/maxPoolSums";
import { multiplyMatrices, type Matrices } from "./kernels/multiplyMatrices";
import { sumOverFirst } from "./kernels/sumOverFirst";

/** Runs `body` with the faster kernels on TF.js' `cpu` backend. */
export function withFasterKernels<T>(tf: TfCore, body: () => T): T {
  const originals = Object.entries(kernels).map(([kernelName, kernel]) => {
    const original = tf.getKernel(kernelName, "cpu");
    tf.unregisterKernel(kernelName, "cpu");
    tf.registerKernel({ ...original, kernelFunc: (call) => run(kernel, tf, call) ?? original.kernelFunc(call) }); // prettier-ignore
    return original;
  });
  try {
    return body();
  } finally {
    for (const original of originals) {
      tf.unregisterKernel(original.kernelName, "cpu");
      tf.registerKernel(original);
    }
  }
}

type KernelCall = Parameters<tfc.KernelConfig["kernelFunc"]>[0];

/** The part of TF.js' cpu backend that is used here. */
interface CpuBackend {
  readonly data: { get(id: object): { readonly values: Float32Array } };
  makeTensorInfo(shape: number[], dtype: "float32", values: Float32Array): tfc.TensorInfo;
}

/** undefined where it is left to TF.js, as is all but float32. */
function run(kernel: Kernel, tf: TfCore, { inputs, backend, attrs }: KernelCall) {
  const cpu = backend as CpuBackend;
  const numbers: Record<string, Numbers> = {};
  for (const [name, tensor] of Object.entries(inputs)) {
    if (!tensor) continue; // one that it can do without
    const { dtype, shape, dataId } = tensor;
    if (dtype !== "float32") return undefined;
    numbers[name] = { shape, values: cpu.data.get(dataId).values };
  }
  const result = kernel(numbers as never, attrs as never, tf);
  if (!result) return undefined;
  const { shape, values } = result;
  return cpu.makeTensorInfo([...shape], "float32", values instanceof Float32Array ? values : Float32Array.from(values)); // prettier-ignore
}

interface Numbers {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

interface Result {
  readonly shape: readonly number[];
  readonly values: Float32Array | Float64Array;
}

/** Of the inputs and attributes that TF.js gives the kernel of its name. */
type Kernel = (inputs: never, attributes: never, tf: TfCore) => Result | undefined;

interface Windows {
  readonly strides: number | [number, number];
  readonly pad: "valid" | "same" | number;
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
}

interface ConvolutionWindows extends Windows {
  readonly dilations?: number | [number, number];
  readonly dataFormat?: "NHWC" | "NCHW";
}

type Image = [batch: number, height: number, width: number, channels: number];

/** What a fused kernel computes after its product. */
interface Ending {
  readonly bias?: Numbers;
  readonly activation?: string;
}

function fused(
  { bias, activation = "linear" }: Ending,
  compute: () => (Result & { readonly values: Float32Array }) | undefined,
): Result | undefined {
  const clip = clips[activation];
  const result = clip && compute();
  if (!result) return undefined;
  const { shape, values } = result;
  const columns = shape.at(-1)!;
  if (bias && bias.values.length !== columns) return undefined;
  const [least, most] = clip;
  for (let i = 0, column = 0; i < values.length; i++, column++) {
    if (column === columns) column = 0;
    const sum = bias ? Math.fround(values[i]! + bias.values[column]!) : values[i]!;
    values[i] = sum < least ? least : sum > most ? most : sum;
  }
  return result;
}

/** Activations; the others are left to TF.js. */
const clips: Readonly<Record<string, readonly [least: number, most: number]>> = {
  linear: [-Infinity, Infinity],
  relu: [0, Infinity],
  relu6: [0, 6],
};

const kernels: Readonly<Record<string, Kernel>> = {
  Conv2D: convolution,
  FusedConv2D(
    { x, filter, bias }: Record<"x" | "filter", Numbers> & Pick<Ending, "bias">,
    { activation, ...windows }: ConvolutionWindows & Pick<Ending, "activation">,
    tf,
  ) {
    return fused({ bias, activation }, () => convolution({ x, filter }, windows, tf));
  },
  Conv2DBackpropInput(
    { dy, filter }: Record<"dy" | "filter", Numbers>,
    { inputShape, ...windows }: ConvolutionWindows & { readonly inputShape: Image },
    tf,
  ) {
    if (windows.dataFormat === "NCHW") return undefined;
    const geometry = geometryOf(tf, inputShape, filter.shape, windows);
    return { shape: inputShape, values: imageSums(geometry, dy.values, filter.values) };
  },
  Conv2DBackpropFilter(
    { x, dy }: Record<"x" | "dy", Numbers>,
    { filterShape, ...windows }: ConvolutionWindows & { readonly filterShape: Image },
    tf,
  ) {
    if (windows.dataFormat === "NCHW") return undefined;
    const geometry = geometryOf(tf, x.shape, filterShape, windows);
    return { shape: filterShape, values: filterSums(geometry, x.values, dy.values) };
  },
  DepthwiseConv2dNativeBackpropFilter(
    { x, dy }: Record<"x" | "dy", Numbers>,
    { filterShape, ...windows }: ConvolutionWindows & { readonly filterShape: Image },
    tf,
  ) {
    const geometry = geometryOf(tf, x.shape, filterShape, windows, true);
    return { shape: filterShape, values: depthwiseFilterSums(geometry, x.values, dy.values) };
  },
  MaxPoolGrad(
    { input, dy }: Record<"input" | "dy", Numbers>,
    { filterSize, strides, pad, dimRoundingMode }: Windows & { readonly filterSize: number | [number, number] }, // prettier-ignore
    tf,
  ) {
    const { shape } = input;
    const geometry = tf.backend_util.computePool2DInfo(shape as Image, filterSize, strides, 1, pad, dimRoundingMode); // prettier-ignore
    return { shape, values: maxPoolSums(geometry, input.values, dy.values) };
  },
  BatchMatMul: product,
  _FusedMatMul(
    { a, b, bias }: Factors & Pick<Ending, "bias">,
    { activation, ...orders }: Orders & Pick<Ending, "activation">,
  ) {
    return fused({ bias, activation }, () => product({ a, b }, orders));
  },
  ...Object.fromEntries(
    Object.entries(operations).map(([name, operation]): [string, Kernel] => [
      name,
      ({ a, b }: Factors) => elementwise(operation, a, b),
    ]),
  ),
  Sum: sum,
  Mean({ x }: Record<"x", Numbers>, axes: Reduction, tf) {
    const result = sum({ x }, axes, tf);
    if (!result) return undefined;
    const { shape, values } = result;
    const count = x.values.length / values.length;
    return { shape, values: values.map((each) => each / count) };
  },
};

function convolution(
  { x, filter }: Record<"x" | "filter", Numbers>,
  windows: ConvolutionWindows,
  tf: TfCore,
) {
  if (windows.dataFormat === "NCHW") return undefined;
  const geometry = geometryOf(tf, x.shape, filter.shape, windows);
  return { shape: geometry.outShape, values: convolve(geometry, x.values, filter.values) };
}

type Factors = Record<"a" | "b", Numbers>;
type Orders = Record<"transposeA" | "transposeB", boolean>;

function product({ a, b }: Factors, { transposeA, transposeB }: Orders) {
  const outer = a.shape.slice(0, -2);
  const hasSameBatch = outer.every((extent, axis) => extent === b.shape[axis]);
  if (a.shape.length !== b.shape.length || !hasSameBatch) return undefined;
  const [left, right] = [matricesOf(a, transposeA), matricesOf(b, transposeB)];
  // To lay out a matrix takes as long as to multiply it with one or two others.
  if (left.rows < leastRows || right.columns < leastRows) return undefined;
  const count = outer.reduce((total, extent) => total * extent, 1);
  return { shape: [...outer, left.rows, right.columns], values: multiplyMatrices(count, left, right) }; // prettier-ignore
}

const leastRows = 4;

interface Reduction {
  readonly axis: number | number[];
  readonly keepDims: boolean;
}

/** Of the first axes. Over the last ones TF.js' own is as fast. */
function sum({ x }: Record<"x", Numbers>, { axis, keepDims }: Reduction, tf: TfCore) {
  const axes = tf.util.parseAxisParam(axis, [...x.shape]).toSorted((a, b) => a - b);
  const kept = x.shape.slice(axes.length);
  if (kept.length === 0 || x.values.length === 0 || axes.some((each, i) => each !== i)) return undefined; // prettier-ignore
  const columns = kept.reduce((total, extent) => total * extent, 1);
  const shape = [...(keepDims ? axes.map(() => 1) : []), ...kept];
  return { shape, values: sumOverFirst(x.values, columns) };
}

const geometryOf = (
  tf: TfCore,
  image: readonly number[],
  filter: readonly number[],
  { strides, pad, dimRoundingMode, dilations = 1 }: ConvolutionWindows,
  isDepthwise = false,
) =>
  tf.backend_util.computeConv2DInfo(
    image as Image,
    filter as Image,
    strides,
    dilations,
    pad,
    dimRoundingMode,
    isDepthwise,
  );

function matricesOf({ shape, values }: Numbers, isTransposed: boolean): Matrices {
  const [last, second] = [shape.at(-1)!, shape.at(-2)!];
  const [rows, columns] = isTransposed ? [last, second] : [second, last];
  return { data: values, rows, columns, isTransposed };
}
