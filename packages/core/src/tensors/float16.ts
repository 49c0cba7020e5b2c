/**
 * The number that 16 bits of IEEE 754 stand for; the elements of a `float16` tensor are such bits.
 *
 * @example float16Value(0x3c00) // 1
 */
export function float16Value(bits: number): number {
  const [exponent, fraction] = [(bits >> 10) & 31, (bits & 1023) / 1024];
  let size = (1 + fraction) * 2 ** (exponent - 15);
  if (exponent === 0) size = fraction * 2 ** -14;
  if (exponent === 31) size = fraction > 0 ? NaN : Infinity;
  return bits >> 15 ? -size : size;
}
