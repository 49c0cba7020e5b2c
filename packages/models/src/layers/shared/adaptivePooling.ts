// Pools whose windows are chosen so that the output has a given size: window i of n over an extent begins at
// ⌊i · extent / n⌋ and ends before ⌈(i + 1) · extent / n⌉, as in PyTorch.
import { CajalError } from "@cajal/core";
import type { GraphBuilder, Value } from "@cajal/onnx";
import type { KerasShape } from "../definition/shape";
import * as f from "../definition/fields";
import { defineLayer, type Layer } from "../definition/layer";

/** Each makes two nodes an axis. */
const mostWindows = 1024;

const sizes = (axes: number) =>
  f.fieldOf<readonly number[], number | readonly number[]>(
    `a whole number of at least 1, or ${axes} of them`,
    (raw) => {
      const list: unknown[] = Array.isArray(raw) ? raw : Array.from({ length: axes }, () => raw);
      const isValid = (each: unknown) => Number.isSafeInteger(each) && Number(each) >= 1 && Number(each) <= mostWindows; // prettier-ignore
      return list.length === axes && list.every(isValid) ? (list as number[]) : undefined;
    },
  );

export interface Fields {
  readonly [key: string]: f.Field;
  readonly output_size: f.Field<readonly number[], number | readonly number[], true>;
  readonly data_format: f.Field<f.DataFormat, f.DataFormat | null, false>;
}

/** @param kind the mean of each window, or its largest value */
export const adaptivePooling = <const Name extends string>(
  className: Name,
  axes: number,
  kind: "mean" | "max",
): Layer<Name, Fields> =>
  defineLayer({
    className,
    fields: {
      /** Extents of the output, along each axis or along all. */
      output_size: sizes(axes)(),
      data_format: f.dataFormat("channels_last"),
    } as Fields,
    shape: ({ output_size }, [x]) => {
      const extents = x!.slice(1, -1);
      if (extents.length !== axes || extents.includes(null))
        throw new CajalError("bad-shape", `expected [batch, …, channels] with ${axes} extents between, all known`, { got: x }); // prettier-ignore
      return [[x![0]!, ...output_size, x!.at(-1)!]];
    },
    layout: "channelsFirst",
    lower: ({ output_size }, [x], g, { inputs }) => [
      output_size.reduce((y, count, i) => pooled(g, y, { axis: i + 2, extent: extentOf(inputs[0]!, i), count, kind }), x!), // prettier-ignore
    ],
    samples: [
      { config: { output_size: 2 }, inputs: [[2, ...[5, 4, 3].slice(0, axes), 3]] },
      { config: { output_size: [3, 2, 1].slice(0, axes) }, inputs: [[1, ...[4, 6, 2].slice(0, axes), 1]] }, // prettier-ignore
    ],
  });

const extentOf = (shape: KerasShape, i: number) => shape[i + 1]!;

function pooled(
  g: GraphBuilder,
  x: Value,
  { axis, extent, count, kind }: { readonly axis: number; readonly extent: number; readonly count: number; readonly kind: "mean" | "max" }, // prettier-ignore
): Value {
  const windows = Array.from({ length: count }, (_, i) => {
    const starts = [Math.floor((i * extent) / count)];
    const end = [Math.ceil(((i + 1) * extent) / count)];
    const part = g.slice(x, { starts, ends: end, axes: [axis] });
    const options = { axes: [axis], keepdims: true };
    return kind === "mean" ? g.reduceMean(part, options) : g.reduceMax(part, options);
  });
  return windows.length === 1 ? windows[0]! : g.concat(windows, { axis });
}
