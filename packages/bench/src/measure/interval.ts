// The confidence interval of a proportion.

/**
 * The 95 % Wilson score interval of a proportion (Wilson 1927, JASA 22:209), which is valid near 0 and 1 and stays
 * within them.
 *
 * @param share of `n` examples, 0–1; of none, nothing is known
 */
export function wilson(share: number, n: number): [low: number, high: number] {
  if (n === 0) return [0, 1];
  const z = 1.959964;
  const centre = (share + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half =
    (z / (1 + (z * z) / n)) * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n));
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
}
