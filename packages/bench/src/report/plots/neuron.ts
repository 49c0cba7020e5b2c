// The page's ornament: a pyramidal cell as Ramón y Cajal drew them, another one for every seed.
import { type Random, random } from "@cajal/core";
import { el, type Markup } from "./markup";

/** A drawing of 240 × 220, of strokes alone; said to nobody who listens, for it says nothing. */
export function neuron(seed: number): Markup {
  const strokes: Stroke[] = [];
  const numbers = random(seed, "neuron");
  const soma = { x: 120, y: 138 };
  // The apical dendrite climbs and tufts; basal ones spread at its foot; the axon goes down, thin.
  grow(strokes, numbers, { ...soma, y: 126 }, { angle: -90, width: 4.2, length: 30, depth: 7 });
  for (const angle of [-172, -150, -28, -8, 20, 160])
    grow(strokes, numbers, soma, {
      angle: angle + 16 * (numbers.float() - 0.5),
      width: 2.4,
      length: 17,
      depth: 4,
    });
  grow(strokes, numbers, { ...soma, y: 146 }, { angle: 90, width: 1.3, length: 24, depth: 2 });
  return el(
    "svg",
    { class: "neuron", viewBox: "0 0 240 220", "aria-hidden": "true" },
    el("path", {
      class: "soma",
      d: "M120 112C124 128 131 140 134 147Q120 158 106 147C109 140 116 128 120 112Z",
    }),
    strokes.map(({ path, width }) => el("path", { d: path, "stroke-width": width })),
  );
}

interface Stroke {
  path: string;
  width: number;
}

/** A branch that bends a little, and then forks, thinner and shorter. */
function grow(
  strokes: Stroke[],
  numbers: Random,
  from: { x: number; y: number },
  branch: { angle: number; width: number; length: number; depth: number },
): void {
  const { angle, width, length, depth } = branch;
  const polar = (degrees: number, distance: number) => ({
    x: from.x + distance * Math.cos((degrees * Math.PI) / 180),
    y: from.y + distance * Math.sin((degrees * Math.PI) / 180),
  });
  const bend = polar(angle + 24 * (numbers.float() - 0.5), length / 2);
  const end = polar(angle, length);
  const point = ({ x, y }: { x: number; y: number }) => `${x.toFixed(1)} ${y.toFixed(1)}`;
  strokes.push({ path: `M${point(from)}Q${point(bend)} ${point(end)}`, width });
  if (depth === 0) return;
  const spreadAngle = 16 + 18 * numbers.float();
  // Most forks are twofold; now and then a branch only goes on.
  const turns =
    numbers.float() < 0.2 ? [4 - 8 * numbers.float()] : [-spreadAngle, spreadAngle * 0.8];
  for (const turn of turns)
    grow(strokes, numbers, end, {
      angle: angle + turn + 10 * (numbers.float() - 0.5),
      width: Math.max(0.5, width * 0.7),
      length: length * (0.72 + 0.22 * numbers.float()),
      depth: depth - 1,
    });
}
