/** Keras' name for a layer that was given none: Conv2D → conv2d, MaxPooling2D → max_pooling2d. */
export const snakeCase = (className: string): string =>
  className
    .replace(/(.)([A-Z][a-z]+)/g, "$1_$2")
    .replace(/([a-z])([A-Z])/g, "$1_$2")
    .toLowerCase();
