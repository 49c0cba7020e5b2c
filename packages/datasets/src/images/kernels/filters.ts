// Kernels as functions of the distance to a pixel's centre, x of either sign unless said.

export interface Filter {
  readonly weight: (x: number) => number;
  /** Beyond this distance the weight is 0. */
  readonly support: number;
}

const sinc = (x: number) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

export const box: Filter = { weight: (x) => (-0.5 < x && x <= 0.5 ? 1 : 0), support: 0.5 };

export const triangle: Filter = { weight: (x) => Math.max(0, 1 - Math.abs(x)), support: 1 };

/** Pillow's, with its float constants. */
export const hamming: Filter = {
  weight: (x) =>
    x === 0 ? 1 : Math.abs(x) >= 1 ? 0 : sinc(x) * (Math.fround(0.54) + Math.fround(0.46) * Math.cos(Math.PI * x)), // prettier-ignore
  support: 1,
};

/** Cubic convolution (Keys 1981): `a` is −0.5 in Pillow and TensorFlow, −0.75 in OpenCV. */
export const keys = (a: number): Filter => ({
  weight: (signed) => {
    const x = Math.abs(signed);
    if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
    return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
  },
  support: 2,
});

/** Pillow's Lanczos of three lobes. */
export const lanczos: Filter = {
  weight: (x) => (-3 <= x && x < 3 ? sinc(x) * sinc(x / 3) : 0),
  support: 3,
};

/** TensorFlow's, x ≥ 0. */
export const lanczosOf = (radius: number): Filter => ({
  weight: (x) =>
    x > radius ? 0 : x <= 1e-3 ? 1 : (radius * Math.sin(Math.PI * x) * Math.sin((Math.PI * x) / radius)) / (Math.PI * Math.PI * x * x), // prettier-ignore
  support: radius,
});

/** σ = 0.5, x ≥ 0. */
export const gaussian: Filter = {
  weight: (x) => (x < 1.5 ? Math.exp(-2 * x * x) : 0),
  support: 1.5,
};

/** Mitchell and Netravali 1988, B = C = 1/3; x ≥ 0. */
export const mitchell: Filter = {
  weight: (x) => {
    if (x >= 2) return 0;
    if (x >= 1) return (((-7 / 18) * x + 2) * x - 10 / 3) * x + 16 / 9;
    return ((7 / 6) * x - 2) * x * x + 8 / 9;
  },
  support: 2,
};
