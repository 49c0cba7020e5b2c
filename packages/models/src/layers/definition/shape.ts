/** A shape as Keras writes it: batch included, null where an extent is free. */
export type KerasShape = readonly (number | null)[];
