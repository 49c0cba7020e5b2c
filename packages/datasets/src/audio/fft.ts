// The discrete Fourier transform of any size, in place: by halves where it is even (Cooley and Tukey 1965), by its
// definition where it is odd.

/** @returns what transforms real and imaginary parts of that size */
export function fft(size: number): (real: Float64Array, imaginary: Float64Array) => void {
  // cos and sin of −2πk / size.
  const cos = Float64Array.from({ length: size }, (_, k) => Math.cos((2 * Math.PI * k) / size));
  const sin = Float64Array.from({ length: size }, (_, k) => -Math.sin((2 * Math.PI * k) / size));
  const [inRe, inIm] = [new Float64Array(size), new Float64Array(size)];

  /** Of `n` values of the input, `stride` apart from `from` on, into the output from `to` on. */
  function part(
    outRe: Float64Array,
    outIm: Float64Array,
    n: number,
    from: number,
    stride: number,
    to: number,
  ) {
    // prettier-ignore
    if (n === 1) {
      outRe[to] = inRe[from]!;
      outIm[to] = inIm[from]!;
    } else if (n % 2 === 0) {
      const half = n / 2;
      part(outRe, outIm, half, from, 2 * stride, to);
      part(outRe, outIm, half, from + stride, 2 * stride, to + half);
      for (let k = 0; k < half; k++) {
        const c = cos[k * stride]!;
        const s = sin[k * stride]!;
        const a = to + k;
        const b = a + half;
        const re = c * outRe[b]! - s * outIm[b]!;
        const im = c * outIm[b]! + s * outRe[b]!;
        outRe[b] = outRe[a]! - re;
        outIm[b] = outIm[a]! - im;
        outRe[a] = outRe[a]! + re;
        outIm[a] = outIm[a]! + im;
      }
    } else
      for (let k = 0; k < n; k++) {
        let re = 0;
        let im = 0;
        for (let j = 0; j < n; j++) {
          const turn = ((j * k) % n) * stride;
          const x = inRe[from + j * stride]!;
          const y = inIm[from + j * stride]!;
          re += cos[turn]! * x - sin[turn]! * y;
          im += cos[turn]! * y + sin[turn]! * x;
        }
        outRe[to + k] = re;
        outIm[to + k] = im;
      }
  }
  return (real, imaginary) => {
    inRe.set(real);
    inIm.set(imaginary);
    part(real, imaginary, size, 0, 1, 0);
  };
}
