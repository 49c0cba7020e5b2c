// Large dense kernels that ONNX Runtime reads where they lie, instead of taking them in.
// A kernel that is a constant it copies twice while opening, and keeps in the order in which its product
// reads it best; one that is fed is used as it is. For one example a run (a product of a vector and a
// matrix, bound by memory) the product then takes 12 % longer, which is 1.3 ms of VGG19's 92 (two cores);
// for two to sixteen the whole of VGG19 takes longer: 11 % for 2, 3 % for 8. What is saved is as much
// memory as the kernels have, three times that while opening, and most of the time of opening.
import type { Tensor } from "@cajal/core";
import type { Node, OnnxModel } from "@cajal/onnx";

export interface KernelsApart {
  /** The model, the kernels inputs of its graph. */
  readonly model: OnnxModel;
  /** By the inputs' names, to be fed in every run: the tensors of the model that was given. */
  readonly kernels: ReadonlyMap<string, Tensor>;
}

/** Smaller ones cost little, and are dealt with faster where they are constants. */
const large = 2 ** 24; // bytes

/** Makes inputs of the float32 constants of 16 MiB and more that only products of two matrices read. */
export function kernelsApart(model: OnnxModel): KernelsApart {
  const { graph } = model;
  const kernels = new Map<string, Tensor>();
  for (const [name, tensor] of graph.initializers)
    if (tensor.dtype === "float32" && tensor.data.byteLength >= large) kernels.set(name, tensor);
  for (const node of graph.nodes)
    node.inputs.forEach((name, i) => {
      if (!(i === 1 && readsAsItLies(node))) kernels.delete(name);
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

/** Gemm, whose rows are examples (those of MatMul may be anything), of a kernel [in, units]. */
function readsAsItLies({ op, domain, attributes }: Node): boolean {
  const { transB } = attributes;
  return op === "Gemm" && domain === "" && !(transB?.type === "int" && transB.value !== 0);
}
