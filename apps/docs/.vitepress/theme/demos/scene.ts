// Shapes on 32 × 32 points, as `shapes()` of @cajal/datasets draws them; what the segmentation demo shows and its
// network was examined with.
export const side = 32;
export const kinds = ["circle", "square", "triangle"] as const;
export type Kind = (typeof kinds)[number];

export interface Shape {
  readonly kind: Kind;
  /** Middle, in points from the upper left. */
  readonly x: number;
  readonly y: number;
  /** Half its width, in points. */
  readonly half: number;
  /** Degrees on the colour circle. */
  readonly hue: number;
}

/** What the demo begins with. */
export const begin: readonly Shape[] = [
  { kind: "square", x: 10, y: 11, half: 6, hue: 20 },
  { kind: "circle", x: 22, y: 20, half: 7, hue: 200 },
];

const inside: Record<Kind, (x: number, y: number) => boolean> = {
  circle: (x, y) => x * x + y * y <= 1,
  square: (x, y) => Math.max(Math.abs(x), Math.abs(y)) <= 0.9,
  triangle: (x, y) => y <= 0.9 && y >= 2 * Math.abs(x) - 0.9,
};

/** The picture, `[32, 32, 3]`, 0 … 1; later shapes cover earlier ones. */
export function picture(shapes: readonly Shape[]): Float32Array {
  const pixels = new Float32Array(3 * side * side).fill(0.15);
  for (const { kind, x, y, half, hue } of shapes) {
    const colour = [0, 8, 4].map((n) => {
      const k = (n + hue / 30) % 12;
      return 0.5 - 0.4 * Math.max(-1, Math.min(k - 3, 9 - k, 1));
    });
    for (let row = 0; row < side; row++)
      for (let column = 0; column < side; column++)
        if (inside[kind]((column + 0.5 - x) / half, (row + 0.5 - y) / half))
          pixels.set(colour, 3 * (row * side + column));
  }
  return pixels;
}

/** As an address has it: `s10-11-6-20.c22-20-7-200`. */
export const written = (shapes: readonly Shape[]): string =>
  shapes.map(({ kind, x, y, half, hue }) => kind[0] + [x, y, half, hue].map(Math.round).join("-")).join("."); // prettier-ignore

/** What {@link written} gave; undefined for anything else. */
export function readShapes(text: string): Shape[] | undefined {
  const shapes = text.split(".").map((each) => {
    const [, letter, ...numbers] = /^([cst])(\d{1,2})-(\d{1,2})-(\d{1,2})-(\d{1,3})$/.exec(each) ?? []; // prettier-ignore
    const kind = kinds.find((name) => name[0] === letter);
    const [x, y, half, hue] = numbers.map(Number);
    return kind && half! > 0 ? { kind, x: x!, y: y!, half: half!, hue: hue! % 360 } : undefined;
  });
  return shapes.length <= 12 ? allOf(shapes) : undefined;
}

const allOf = <T>(list: readonly (T | undefined)[]): T[] | undefined =>
  list.every((each) => each !== undefined) ? (list as T[]) : undefined;
