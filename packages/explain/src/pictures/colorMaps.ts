// Colours for numbers, even to the eye: lightness goes in equal steps in OKLab (Ottosson 2020,
// bottosson.github.io/posts/oklab), so that no step of the map looks larger than another.

export type Color = readonly [red: number, green: number, blue: number];

export interface ColorMap {
  /** Where numbers lie: 0 … 1, or around 0 from −1 … 1. */
  readonly signed: boolean;
  /** The colour, 0 … 255 each. */
  at(value: number): Color;
}

export type ColorMapName = "heat" | "diverging" | "grey";

export const colorMaps: Readonly<Record<ColorMapName, ColorMap>> = {
  /** Dark violet over red and orange to light yellow. */
  heat: {
    signed: false,
    at: (value) => {
      const t = within(value, 0, 1);
      return inSrgb(0.2 + 0.75 * t, 0.05 + 0.6 * Math.sqrt(t) * (1 - t) * 0.9, 300 + 160 * t);
    },
  },
  /** Blue for what speaks against, white for nothing, red for what speaks for it. */
  diverging: {
    signed: true,
    at: (value) => {
      const t = within(value, -1, 1);
      const size = Math.abs(t);
      return inSrgb(0.97 - 0.45 * size, 0.19 * size, t < 0 ? 255 : 27);
    },
  },
  grey: { signed: false, at: (value) => inSrgb(within(value, 0, 1), 0, 0) },
};

const within = (value: number, least: number, most: number) =>
  Math.min(Math.max(Number.isNaN(value) ? 0 : value, least), most);

/** OKLCh to sRGB; what lies outside of sRGB loses chroma until it does not. */
function inSrgb(lightness: number, chroma: number, hue: number): Color {
  let c = chroma;
  for (let round = 0; round < 40; round++) {
    const linear = oklabToLinear(
      lightness,
      c * Math.cos((hue * Math.PI) / 180),
      c * Math.sin((hue * Math.PI) / 180),
    );
    if (linear.every((x) => x >= -1e-4 && x <= 1 + 1e-4))
      return eachOf(linear, (x) => Math.round(255 * gamma(within(x, 0, 1))));
    c *= 0.95;
  }
  const grey = Math.round(255 * gamma(lightness ** 3));
  return [grey, grey, grey];
}

function oklabToLinear(L: number, a: number, b: number): Color {
  const l = (L + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (L - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (L - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
}

const eachOf = ([r, g, b]: Color, by: (x: number) => number): Color => [by(r), by(g), by(b)];

const gamma = (x: number) => (x <= 0.0031308 ? 12.92 * x : 1.055 * x ** (1 / 2.4) - 0.055);

/** The lightness of a colour in OKLab, 0 … 1. */
export function lightnessOf(color: Color): number {
  const [r, g, b] = eachOf(color, (each) => {
    const x = each / 255;
    return x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4;
  });
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return 0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s;
}
