// [x, y] -> x + scale · y: the residual connections of Inception-ResNet (Szegedy et al. 2016,
// arXiv:1602.07261, section 3.3), a layer of keras.applications that TF.js does not have.
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";
import { broadcast } from "./shared/shapes";

export const customScaleLayer = defineLayer({
  className: "CustomScaleLayer",
  fields: {
    /** Factor of the second input. */
    scale: f.real(),
  },
  arity: [2, 2],
  shape: (_, inputs) => [broadcast(inputs)],
  affine: {
    input: 1,
    of: ({ scale }, channels) => ({ scale: new Float64Array(channels).fill(scale) }),
    rest: (config) => ({ ...config, scale: 1 }),
  },
  layout: "any",
  lower: ({ scale }, [x, y], g) => [g.add(x, scale === 1 ? y : g.mul(y, scale))],
  samples: [
    {
      config: { scale: 0.17 },
      inputs: [
        [2, 3, 3, 2],
        [2, 3, 3, 2],
      ],
    },
    {
      config: { scale: 1 },
      inputs: [
        [2, 3],
        [2, 3],
      ],
    },
  ],
});
