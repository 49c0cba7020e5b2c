// TF.js' backends for GPUs pad and reverse tensors of four axes at most: WebGL's throws, WebGPU's gives zeros. Axis by axis,
// each as the middle one of three, they do it for any number. TF.js' gradients of slices are pads, too.
import type * as tfc from "@tensorflow/tfjs-core";
import type { TfCore } from "./peers";
import { replaceKernel, type Kernel } from "./replaced";

type Attributes = Parameters<Kernel>[0]["attrs"];

const most = 4;

/** What an axis of a tensor of many asks of the kernel, as the middle one of three; undefined for an axis that stays. */
type OfAxis = (attrs: NonNullable<Attributes>, axis: number, rank: number) => Attributes;

const kernels: Readonly<Record<string, OfAxis>> = {
  PadV2: ({ paddings, constantValue }, axis) => {
    const [before, after] = (paddings as [number, number][])[axis]!;
    if (before === 0 && after === 0) return undefined;
    return { paddings: [[0, 0], [before, after], [0, 0]], constantValue: constantValue! }; // prettier-ignore
  },
  Reverse: ({ dims }, axis, rank) =>
    [dims as number | number[]].flat().some((dim) => (dim + rank) % rank === axis)
      ? { dims: [1] }
      : undefined,
};

/** Lets a backend's kernels take tensors of any number of axes; once a backend. */
export function takeManyAxes(tf: TfCore, backendName: string): void {
  for (const [kernelName, ofAxis] of Object.entries(kernels))
    replaceKernel(tf, kernelName, backendName, (original) => byAxis(tf, original, ofAxis));
}

function byAxis(tf: TfCore, { kernelFunc, backendName }: tfc.KernelConfig, ofAxis: OfAxis): Kernel {
  return ({ inputs, backend, attrs }) => {
    const { x } = inputs as { x: tfc.TensorInfo };
    const rank = x.shape.length;
    if (rank <= most) return kernelFunc({ inputs, backend, attrs });
    const { disposeData } = backend as { disposeData(id: object): void };
    const free = ({ dataId }: tfc.TensorInfo) => disposeData.call(backend, dataId);
    const call = (kernel: Kernel, of: tfc.TensorInfo, attrs: Attributes) =>
      kernel({ inputs: { x: of }, backend, attrs }) as tfc.TensorInfo;
    const reshape = tf.getKernel(tf.Reshape, backendName).kernelFunc;
    const sizeOf = (extents: readonly number[]) => extents.reduce((size, each) => size * each, 1);
    let y = call(reshape, x, { shape: x.shape });
    for (let axis = 0; axis < rank; axis++) {
      const asked = ofAxis(attrs!, axis, rank);
      if (!asked) continue;
      const { shape } = y;
      const around = [sizeOf(shape.slice(0, axis)), sizeOf(shape.slice(axis + 1))] as const;
      const three = call(reshape, y, { shape: [around[0], shape[axis]!, around[1]] });
      free(y);
      const result = call(kernelFunc, three, asked);
      free(three);
      y = call(reshape, result, { shape: shape.with(axis, result.shape[1]!) });
      free(result);
    }
    return y;
  };
}
