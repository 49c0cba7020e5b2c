// What padding "same" adds to volumes: less than none, where a window is smaller than its stride, TF.js takes at its word.

/**
 * Before and after each axis of x, [batch, …, channels], so that as many windows fit as the output has.
 *
 * @param windows how far they reach
 */
export const padsOfSame = (
  x: readonly number[],
  output: readonly (number | null)[],
  {
    windows,
    strides,
  }: { readonly windows: readonly number[]; readonly strides: readonly number[] },
): [before: number, after: number][] =>
  x.map((extent, axis) => {
    if (axis === 0 || axis === x.length - 1) return [0, 0];
    const steps = Number(output[axis]) - 1;
    const total = Math.max(0, steps * strides[axis - 1]! + windows[axis - 1]! - extent);
    return [Math.floor(total / 2), Math.ceil(total / 2)];
  });
