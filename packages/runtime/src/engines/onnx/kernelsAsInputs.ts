// Makes large dense kernels inputs of the graph, so that ONNX Runtime reads them in the caller's memory.
// A constant kernel is copied twice while opening, and stored in the order in which the matrix product
// reads it best; a kernel that is fed is used as it is. For one example a run (a product of a vector and a
// matrix, bound by memory) the product then takes 12 % longer, which is 1.3 ms of VGG19's 92 (two cores);
// for two to sixteen all of VGG19 takes longer: 11 % for 2, 3 % for 8. It saves as much memory as the
// kernels take, three times that while opening, and most of the time of opening.
import type { Tensor } from "@cajal/core";
import type { Node, OnnxModel } from "@cajal/onnx";

export interface KernelsAsInputs {
  /** The model with the kernels as inputs of its graph. */
  readonly model: OnnxModel;
  /** The kernels by input name, to be fed in every run: the tensors of the original model. */
  readonly kernels: ReadonlyMap<string, Tensor>;
}

/** Smaller kernels cost little memory, and run faster as constants. */
const minKernelBytes = 2 ** 24; // bytes

/** Makes inputs of the float32 constants of 16 MiB and more that only products of two matrices read. */
export function kernelsAsInputs(model: OnnxModel): KernelsAsInputs {
  const { graph } = model;
  const kernels = new Map<string, Tensor>();
  for (const [name, tensor] of graph.initializers)
    if (tensor.dtype === "float32" && tensor.data.byteLength >= minKernelBytes)
      kernels.set(name, tensor);
  for (const node of graph.nodes)
    node.inputs.forEach((name, i) => {
      if (!(i === 1 && readsKernelInPlace(node))) kernels.delete(name);
    });
  for (const { name } of [...graph.inputs, ...graph.outputs]) kernels.delete(name);
  if (kernels.size === 0) return { model, kernels };
  const inputs = [...kernels].map(([name, { dtype, shape }]) => ({ name, dtype, shape }));
  const initializers = [...graph.initializers].filter(([name]) => !kernels.has(name));
  return {
    model: {
      ...model,
      graph: {
        ...graph,
        inputs: [...graph.inputs, ...inputs],
        initializers: new Map(initializers),
      },
    },
    kernels,
  };
}

/** Whether the node is a Gemm with an untransposed kernel [in, units]; its rows are examples, those of MatMul need not be. */
function readsKernelInPlace({ op, domain, attributes }: Node): boolean {
  const { transB } = attributes;
  return op === "Gemm" && domain === "" && !(transB?.type === "int" && transB.value !== 0);
}
