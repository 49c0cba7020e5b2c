/** Classes that TF.js has no layer for, and Cajal no formula in its operations. */
export const notOnTfjs: ReadonlySet<string> = new Set([
  "ActivityRegularization",
  "AdditiveAttention",
  "Attention",
  "Conv1DTranspose",
  "Conv3DTranspose",
  "Cropping3D",
  "MultiHeadAttention",
  "RNN",
  "SpatialDropout3D",
  "UpSampling3D",
  "ZeroPadding3D",
]);
