// Sums, differences, products and quotients of two arrays, element by element. Where shapes differ TF.js reckons the index of
// every element by axes; here axes that lie as one are walked as one.

/**
 * `count` results from `at` on. Of `a` and `b` each next number is `aStep` and `bStep` further on: one number for all of them where
 * that is 0.
 */
type Run = (
  a: Float32Array, aAt: number, aStep: number,
  b: Float32Array, bAt: number, bStep: number,
  result: Float32Array, at: number, count: number,
) => void; // prettier-ignore

// A function each, so that each is compiled for its operation.
export const operations = {
  Add(a, aAt, aStep, b, bAt, bStep, result, at, count) {
    for (let end = at + count; at < end; at++, aAt += aStep, bAt += bStep) result[at] = a[aAt]! + b[bAt]!; // prettier-ignore
  },
  Sub(a, aAt, aStep, b, bAt, bStep, result, at, count) {
    for (let end = at + count; at < end; at++, aAt += aStep, bAt += bStep) result[at] = a[aAt]! - b[bAt]!; // prettier-ignore
  },
  Multiply(a, aAt, aStep, b, bAt, bStep, result, at, count) {
    for (let end = at + count; at < end; at++, aAt += aStep, bAt += bStep) result[at] = a[aAt]! * b[bAt]!; // prettier-ignore
  },
  RealDiv(a, aAt, aStep, b, bAt, bStep, result, at, count) {
    for (let end = at + count; at < end; at++, aAt += aStep, bAt += bStep) result[at] = a[aAt]! / b[bAt]!; // prettier-ignore
  },
} satisfies Record<string, Run>;

interface Numbers {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** An axis of the result, and how far apart its entries lie in each operand: 0 where that has one for all. */
interface Axis {
  extent: number;
  aStride: number;
  bStride: number;
}

/** Undefined where shapes do not broadcast. */
export function elementwise(run: Run, a: Numbers, b: Numbers): Numbers | undefined {
  const rank = Math.max(a.shape.length, b.shape.length);
  const padded = ({ shape }: Numbers) => [...Array<number>(rank - shape.length).fill(1), ...shape];
  const [aShape, bShape] = [padded(a), padded(b)];
  const shape = aShape.map((extent, axis) => (extent === 1 ? bShape[axis]! : extent));
  if (bShape.some((extent, axis) => extent !== 1 && extent !== shape[axis])) return undefined;
  const values = new Float32Array(shape.reduce((size, extent) => size * extent, 1));
  const axes = mergedAxes(shape, aShape, bShape);
  const { extent: count, aStride: aStep, bStride: bStep } = axes.pop() ?? { extent: 1, aStride: 1, bStride: 1 }; // prettier-ignore
  const index = axes.map(() => 0);
  for (let at = 0, aAt = 0, bAt = 0; at < values.length; at += count) {
    run(a.values, aAt, aStep, b.values, bAt, bStep, values, at, count);
    for (let axis = axes.length - 1; axis >= 0; axis--) {
      const { extent, aStride, bStride } = axes[axis]!;
      aAt += aStride;
      bAt += bStride;
      if (++index[axis]! < extent) break;
      index[axis] = 0;
      aAt -= aStride * extent;
      bAt -= bStride * extent;
    }
  }
  return { shape, values };
}

/** Axes of more than one entry, those joined that lie as one in both. */
function mergedAxes(
  shape: readonly number[],
  aShape: readonly number[],
  bShape: readonly number[],
): Axis[] {
  const axes: Axis[] = [];
  let [aStride, bStride] = [1, 1];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const [extent, aExtent, bExtent] = [shape[axis]!, aShape[axis]!, bShape[axis]!];
    if (extent === 1) continue;
    const here = { extent, aStride: aExtent === 1 ? 0 : aStride, bStride: bExtent === 1 ? 0 : bStride }; // prettier-ignore
    const inner = axes[0];
    if (
      inner &&
      here.aStride === inner.extent * inner.aStride &&
      here.bStride === inner.extent * inner.bStride
    )
      inner.extent *= extent; // prettier-ignore
    else axes.unshift(here);
    aStride *= aExtent;
    bStride *= bExtent;
  }
  return axes;
}
