// The largest of each window, of images first and then along the depth: TF.js' pool of volumes takes
// windows of negative numbers for 0 on wasm, and has wrong gradients where extents differ. It pools
// float32, which holds whole numbers of 24 bits.
import type { Tensor4D } from "@tensorflow/tfjs-core";
import { defineTfjsLayer } from "./layer";

type Triple = readonly [number, number, number];

export const maxPooling3d = defineTfjsLayer<{
  pool_size: Triple;
  strides: Triple;
  padding: "valid" | "same";
}>({
  className: "MaxPooling3D",
  isExact: (bits) => bits <= 24,
  call: ({ pool_size, strides, padding }, [x], { tf, outputs }) => {
    const [batch, depth, height, width, channels] = x.shape;
    const [, ...outputShape] = outputs[0]!.map(Number);
    const images = tf.reshape(x, [batch * depth!, height!, width!, channels!]) as Tensor4D;
    const [poolDepth, poolHeight, poolWidth] = pool_size;
    const pooledImages = tf.maxPool(
      images,
      [poolHeight, poolWidth],
      [strides[1], strides[2]],
      padding,
    );
    const rows = tf.reshape(pooledImages, [batch, depth!, -1, channels!]) as Tensor4D;
    const pooled = tf.maxPool(rows, [poolDepth, 1], [strides[0], 1], padding);
    return tf.reshape(pooled, [batch, ...outputShape]);
  },
});
