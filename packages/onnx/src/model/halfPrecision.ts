// Numbers as the 16-bit floating point types hold them: the nearest, ties to even.
const float = new Float32Array(1);
const word = new Uint32Array(float.buffer);

/** The two bytes of the bfloat16 nearest to `value`: the upper half of the float32. */
export function bfloat16Bytes(value: number): Uint8Array {
  float[0] = value;
  const bits = word[0]!;
  const upper = Number.isNaN(value) ? 0x7fc0 : (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
  return new Uint8Array(Uint16Array.of(upper).buffer);
}

/** The bits of the float16 nearest to `value` (IEEE 754, half precision); infinity from 65,520 on. */
export function float16Bits(value: number): number {
  float[0] = value;
  const bits = word[0]!;
  const sign = (bits >>> 16) & 0x8000;
  if (Number.isNaN(value)) return 0x7e00;
  const exponent = ((bits >>> 23) & 0xff) - 112;
  if (exponent >= 31) return sign | 0x7c00;
  if (exponent <= 0) {
    // Subnormal: units of 2⁻²⁴.
    const units = Math.abs(float[0]) * 2 ** 24;
    const truncated = Math.floor(units);
    const remainder = units - truncated;
    return (
      sign | (truncated + (remainder > 0.5 || (remainder === 0.5 && truncated % 2 === 1) ? 1 : 0))
    );
  }
  const mantissa = bits & 0x7fffff;
  const truncated = (exponent << 10) | (mantissa >> 13);
  const remainder = mantissa & 0x1fff;
  const increment = remainder > 0x1000 || (remainder === 0x1000 && (truncated & 1) === 1) ? 1 : 0;
  return sign | (truncated + increment);
}
