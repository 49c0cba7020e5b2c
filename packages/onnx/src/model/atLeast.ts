/** A list of N. Of 6, 7 and beyond 8 it says nothing: no operator has as many inputs. */
export type Exactly<N extends number, T> = N extends 1
  ? [T]
  : N extends 2
    ? [T, T]
    : N extends 3
      ? [T, T, T]
      : N extends 4
        ? [T, T, T, T]
        : N extends 5
          ? [T, T, T, T, T]
          : N extends 8
            ? [T, T, T, T, T, T, T, T]
            : [];

/** A list of which the first N are always there; others may be left out, unless `Rest` says that they are not. */
export type AtLeast<N extends number, T, Rest = T | undefined> = readonly [
  ...Exactly<N, T>,
  ...Rest[],
];
