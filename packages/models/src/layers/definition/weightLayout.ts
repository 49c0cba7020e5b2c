/** One step from Keras' layout of a weight towards that in the graph; each can be taken back. */
export type Step =
  | { readonly reshape: readonly number[] }
  /** As ONNX' Transpose: axis i of the result is axis `permute[i]`. */
  | { readonly permute: readonly number[] }
  /** Axis `axis` reordered: entry i of the result is entry `order[i]`. A permutation. */
  | { readonly reorder: { readonly axis: number; readonly order: readonly number[] } };
