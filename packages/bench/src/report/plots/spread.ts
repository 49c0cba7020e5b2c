/** Moves positions apart until each has `gap`, within bounds; order is kept. */
export function spreadLabels(
  positions: readonly number[],
  gap: number,
  low: number,
  high: number,
): number[] {
  const order = positions.map((_, i) => i).sort((a, b) => positions[a]! - positions[b]!);
  const placed = [...positions];
  order.forEach((index, i) => {
    const before = order[i - 1];
    placed[index] = Math.max(placed[index]!, before === undefined ? low : placed[before]! + gap);
  });
  let ceiling = high;
  for (const index of order.toReversed()) {
    placed[index] = Math.min(placed[index]!, ceiling);
    ceiling = placed[index] - gap;
  }
  return placed;
}
