// The gradient of a convolution as a layer, kernel [height, width, out, in]. TF.js lacks dilation and
// output_padding.
import type { Tensor4D } from "@tensorflow/tfjs-core";
import { activate } from "../activations";
import { defineTfjsLayer } from "./layer";

type Pair = readonly [number, number];

export const conv2dTranspose = defineTfjsLayer<
  {
    strides: Pair;
    padding: "valid" | "same";
    dilation_rate: Pair;
    output_padding: Pair | null;
    activation: string;
  },
  "kernel"
>({
  className: "Conv2DTranspose",
  differs: ({ dilation_rate: [rows, columns], output_padding }) =>
    rows !== 1 || columns !== 1 || output_padding !== null,
  call: ({ strides, padding, dilation_rate, activation }, [x], { tf, weights, outputs }) => {
    const [height, width, filters, channels] = weights.kernel.shape;
    const [rows, columns] = dilation_rate;
    // A dilated kernel is a kernel with zeros between its rows and columns.
    const dilated = tf.pad(
      tf.reshape(weights.kernel, [height, 1, width!, 1, filters! * channels!]),
      [
        [0, 0],
        [0, rows - 1],
        [0, 0],
        [0, columns - 1],
        [0, 0],
      ],
    );
    const [dilatedHeight, dilatedWidth] = [height * rows, width! * columns];
    const kernel = tf.slice(
      tf.reshape(dilated, [dilatedHeight, dilatedWidth, filters!, channels!]),
      [0, 0, 0, 0],
      [dilatedHeight - rows + 1, dilatedWidth - columns + 1, filters!, channels!],
    ) as Tensor4D;
    const [, outHeight, outWidth] = outputs[0]!;
    const shape: [number, number, number, number] = [x.shape[0], outHeight!, outWidth!, filters!];
    const y = tf.conv2dTranspose(x as Tensor4D, kernel, shape, [...strides], padding);
    return activate(tf, activation, weights.bias ? tf.add(y, weights.bias) : y);
  },
});
