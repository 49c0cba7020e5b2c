// Sets made by formula: their shapes and ranges, that the seed decides them, and what each is meant to show.
import { describe, expect, it } from "vitest";
import { movingSquares } from "./movingSquares";
import { shapes } from "./shapes";
import { spirals } from "./spirals";
import { tones } from "./tones";
import { twoMoons } from "./twoMoons";

const sets = { twoMoons, spirals, shapes, movingSquares, tones };

describe.each(Object.keys(sets) as (keyof typeof sets)[])("%s", (name) => {
  it("is decided by its seed", async () => {
    const make = (seed: number) => sets[name]({ n: 12, seed }).all();
    const [a, b, c] = [await make(1), await make(1), await make(2)];
    expect(b).toEqual(a);
    expect(c.x.data).not.toEqual(a.x.data);
    expect(a.x.shape[0]).toBe(12);
    expect(a.x.data.every(Number.isFinite)).toBe(true);
  });

  it("refuses what it does not know", () => {
    expect(() => sets[name]({ count: 3 } as never)).toThrow(expect.objectContaining({ code: "unknown-option" })); // prettier-ignore
    expect(() => sets[name]({ n: 0 })).toThrow(expect.objectContaining({ code: "bad-argument" }));
  });
});

it("twoMoons without noise is scikit-learn's make_moons", async () => {
  const { x, y } = await twoMoons({ n: 6, noise: 0 }).all();
  // make_moons(6, shuffle=False): cos and sin of 0, π/2, π; 1 − cos and 0.5 − sin.
  const wanted = [1, 0, 0, 1, -1, 0, 0, 0.5, 1, -0.5, 2, 0.5];
  wanted.forEach((value, i) => expect(x.data[i]).toBeCloseTo(value, 6));
  expect([...y.data]).toEqual([0, 0, 0, 1, 1, 1]);
});

it("shapes: a mask of every shape, and one colour where it says background", async () => {
  const { x, y } = await shapes({ n: 40, size: 24 }).all();
  expect(y.shape).toEqual([40, 24, 24]);
  expect(new Set(y.data)).toEqual(new Set([0, 1, 2, 3]));
  for (let i = 0; i < 40; i++) {
    const ground = new Set<string>();
    for (let p = i * 576; p < (i + 1) * 576; p++)
      if (y.data[p] === 0) ground.add([...x.data.subarray(3 * p, 3 * p + 3)].join());
    expect(ground.size).toBe(1);
  }
});

it("movingSquares: each frame is the one before, moved by a pixel", async () => {
  const { x, y } = await movingSquares({ n: 20, frames: 3, size: 8 }).all();
  const moves = [[0, -1], [0, 1], [-1, 0], [1, 0]]; // prettier-ignore
  for (let i = 0; i < 20; i++)
    for (let h = 0; h < 8; h++)
      for (let w = 0; w < 8; w++) {
        const at = (frame: number, row: number, column: number) =>
          x.data[((i * 3 + frame) * 8 + ((row + 8) % 8)) * 8 + ((column + 8) % 8)];
        const [down, right] = moves[y.data[i]!] as [number, number];
        expect(at(1, h + down, w + right)).toBe(at(0, h, w));
      }
});

it("tones: the note's frequency or an octave of it has the most power", async () => {
  const { x, y } = await tones({ n: 10, noise: 0.01 }).all();
  const power = (i: number, frequency: number) => {
    let [re, im] = [0, 0];
    for (let k = 0; k < 2048; k++) {
      const angle = (2 * Math.PI * frequency * k) / 8000;
      re += x.data[i * 2048 + k]! * Math.cos(angle);
      im += x.data[i * 2048 + k]! * Math.sin(angle);
    }
    return re * re + im * im;
  };
  for (let i = 0; i < 10; i++) {
    const powers = Array.from({ length: 36 }, (_, k) => power(i, 220 * 2 ** (k / 12)));
    expect(powers.indexOf(Math.max(...powers)) % 12).toBe(y.data[i]);
  }
});
