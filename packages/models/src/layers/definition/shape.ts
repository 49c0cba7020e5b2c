/** An axis' extent; null where it is free. */
type Extent = number | null;

/** A shape as Keras writes it: batch included, null where an extent is free. */
export type KerasShape = readonly Extent[];

/** A shape of so many axes; undefined: of one at least, the batch; any number: of those that there are. */
export type RankedShape<Rank> = number extends Rank
  ? KerasShape
  : Rank extends 2
    ? readonly [Extent, Extent]
    : Rank extends 3
      ? readonly [Extent, Extent, Extent]
      : Rank extends 4
        ? readonly [Extent, Extent, Extent, Extent]
        : Rank extends 5
          ? readonly [Extent, Extent, Extent, Extent, Extent]
          : readonly [Extent, ...Extent[]];

/** Least and greatest number of a layer's inputs. */
export type Arity = readonly [least: number, most: number];

/** One for each of a layer's inputs, as far as their number is told. */
export type PerInput<A, T> = A extends readonly [0, 0]
  ? readonly []
  : A extends readonly [1, 1]
    ? readonly [T]
    : A extends readonly [2, 2]
      ? readonly [T, T]
      : A extends readonly [1, number]
        ? readonly [T, ...T[]]
        : A extends readonly [2, number]
          ? readonly [T, T, ...T[]]
          : readonly T[];

/** Shapes of a layer's outputs: one at least. */
export type OutputShapes<A> = Arity extends A
  ? readonly KerasShape[]
  : readonly [KerasShape, ...KerasShape[]];
