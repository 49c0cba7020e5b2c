// Cuts an order of examples into parts; stratified, each class is cut by the same shares.
import { CajalError, showValue } from "@cajal/core";

/**
 * @param order the examples' numbers, in the order in which they are dealt
 * @param fractions the first part's share, or the shares of all parts
 * @param labels the class of example i; given, every part has the same mix of classes
 * @returns the parts, each in the order of `order`
 * @throws CajalError `bad-argument` for shares that do not make a whole, or a part left empty
 */
export function splitIndices(
  order: Uint32Array,
  fractions: number | readonly number[],
  labels?: ArrayLike<number | bigint>,
): Uint32Array[] {
  if (typeof fractions !== "number" && !(Array.isArray(fractions) && fractions.every((share) => typeof share === "number"))) // prettier-ignore
    throw new CajalError("bad-argument", `split: got ${showValue(fractions)}, expected the first part's share, such as 0.8, or the shares of all parts, such as [0.7, 0.2, 0.1].`); // prettier-ignore
  const shares = typeof fractions === "number" ? [fractions, 1 - fractions] : fractions;
  const sum = shares.reduce((a, b) => a + b, 0);
  if (!shares.every((share) => share > 0) || !(Math.abs(sum - 1) < 1e-9))
    throw new CajalError(
      "bad-argument",
      typeof fractions === "number"
        ? `split: got fraction ${fractions}, expected a number between 0 and 1, both excluded.`
        : `split: got fractions ${shares.join(", ")} of sum ${sum}, expected numbers above 0 of sum 1.`,
      { fractions },
    );
  const parts = labels === undefined ? partition(order, shares) : deal(order, shares, labels);
  const empty = parts.findIndex((part) => part.length === 0);
  if (empty >= 0)
    throw new CajalError(
      "bad-argument",
      `split: part ${empty} of ${parts.length}, with a share of ${shares[empty]}, would be empty: there are only ${order.length} examples.`,
      { part: empty, examples: order.length, fractions },
    );
  return parts;
}

/** Consecutive pieces; each boundary is rounded, so a size is off by one at most. */
function partition(order: Uint32Array, shares: readonly number[]): Uint32Array[] {
  let share = 0;
  let from = 0;
  return shares.map((own, part) => {
    share += own;
    const to = part === shares.length - 1 ? order.length : Math.round(share * order.length);
    const piece = order.slice(from, to);
    from = to;
    return piece;
  });
}

/**
 * Deals the examples one by one, class after class, so that at every moment each part has its share
 * of those dealt to within less than one example: the chairman assignment problem (Tijdeman 1980).
 * A part's size is thus right to one example, and its number of a class, the difference of two such
 * counts, to one where there are two parts and to less than two where there are more.
 */
function deal(
  order: Uint32Array,
  shares: readonly number[],
  labels: ArrayLike<number | bigint>,
): Uint32Array[] {
  const positions = new Map<number | bigint, number[]>();
  order.forEach((example, position) => {
    const label = labels[example]!;
    const same = positions.get(label);
    if (same) same.push(position);
    else positions.set(label, [position]);
  });
  const classes = [...positions.keys()].sort((a, b) => (a < b ? -1 : 1));

  // Tijdeman's rule: of the parts that are behind by this much, the one that can wait least.
  const least = shares.length > 1 ? 1 / (2 * shares.length - 2) : 0;
  const counts = shares.map(() => 0);
  const partOf = new Uint32Array(order.length);
  let dealt = 0;
  for (const label of classes)
    for (const position of positions.get(label)!) {
      dealt++;
      let next = 0;
      let shortest = Infinity;
      shares.forEach((share, part) => {
        const behind = share * dealt - counts[part]!;
        const wait = (1 - least - behind) / share;
        // The margins keep rounding errors from deciding between parts that are equally behind.
        if (behind > least - 1e-9 && wait < shortest - 1e-9) {
          shortest = wait;
          next = part;
        }
      });
      counts[next]!++;
      partOf[position] = next;
    }
  return shares.map((_, part) => order.filter((_, position) => partOf[position] === part));
}
