// Shapes of values, kept once: most values of a graph have the shape of the one before.
import type { Dim } from "../model/model";

export class Shapes {
  #last: readonly Dim[] = [];

  /** The same object for several shapes in turn that are equal. */
  intern(shape: readonly Dim[] | undefined): readonly Dim[] | undefined {
    if (!shape) return undefined;
    const isSame =
      shape.length === this.#last.length && shape.every((extent, i) => extent === this.#last[i]);
    if (!isSame) this.#last = shape;
    return this.#last;
  }
}
