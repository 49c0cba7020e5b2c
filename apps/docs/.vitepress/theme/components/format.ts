/** 0.9246 → "92.5 %". */
export const percent = (share: number, digits = 1): string =>
  `${(100 * share).toFixed(digits)}\u00a0%`;
