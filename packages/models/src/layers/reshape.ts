// The same elements in another shape; one extent may be -1 for what is left.
// keras.io/api/layers/reshaping_layers/reshape
import { CajalError, showShape, sizeOf } from "@cajal/core";
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";
import { reshapeTo } from "./shared/reshaping";
import { staticSize } from "./shared/shapes";

export const reshape = defineLayer({
  className: "Reshape",
  fields: {
    /** Shape of an example's output; −1: what is left. */
    target_shape: f.integers(),
  },
  shape: ({ target_shape }, [x]) => {
    const size = staticSize(x.slice(1));
    const inferredAxis = target_shape.indexOf(-1);
    if (
      target_shape.some((extent) => extent < -1 || extent === 0) ||
      inferredAxis !== target_shape.lastIndexOf(-1)
    )
      throw new CajalError(
        "bad-argument",
        `target_shape ${showShape(target_shape)}: expected extents of at least 1, and -1 once at most`,
        { target_shape },
      );
    const product = sizeOf(target_shape.filter((extent) => extent !== -1));
    if (size === null)
      return [[x[0], ...target_shape.map((extent) => (extent === -1 ? null : extent))]];
    if (inferredAxis === -1 ? product !== size : product === 0 || size % product !== 0)
      throw new CajalError(
        "bad-shape",
        `${showShape(x.slice(1))} holds ${size} elements, which do not fit target_shape ${showShape(target_shape)}`,
        { got: x, target_shape },
      );
    return [[x[0], ...target_shape.map((extent) => (extent === -1 ? size / product : extent))]];
  },
  integers: () => "moves",
  layout: "order",
  lower(_, [x], g, { outputs, arrange }) {
    // Whatever the input lay like, the target's axes are Keras'.
    arrange("channelsLast");
    return [reshapeTo(g, x, outputs[0])];
  },
  samples: [
    { config: { target_shape: [-1, 6] }, inputs: [[2, 3, 4, 3]] },
    { config: { target_shape: [12] }, inputs: [[2, 3, 4]] },
    { config: { target_shape: [1, 1, 3] }, inputs: [[2, 3]] },
  ],
});
