// Draws the site's neuron: a Purkinje cell in the manner of Ramón y Cajal's ink drawings.
//   node scripts/neuron.mjs        writes public/neuron.svg (logo.svg, the small one, is by hand)
// The dendrites grow by space colonization (Runions et al. 2007, "Modeling trees with a space
// colonization algorithm"); a branch's width obeys Rall's 3/2 power law of dendrites.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("../public/", import.meta.url));
const [step, reach, kill, tip] = [8, 110, 15, 1.1];
const random = lcg(5);
writeFileSync(`${folder}neuron.svg`, draw());

/** A drawing on a square of 1000; the cell body sits low in the middle, the axon leaves downwards. */
function draw() {
  const nodes = [{ x: 500, y: 705, parent: -1 }];
  grow(nodes, fan(1500));
  const widths = rall(nodes);
  const dendrites = chains(nodes).map((chain) =>
    stroke(
      chain.map((i) => nodes[i]),
      widths[chain[1]],
    ),
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1000 1000" role="img" aria-label="A Purkinje cell, drawn in ink">
<style>g{stroke:#1d1a16;fill:#1d1a16}.d{fill:none;stroke-linecap:round;stroke-linejoin:round}</style>
<g class="d">${dendrites.join("")}
<path stroke-width="5" d="M500 815Q512 880 499 935T506 997"/><path stroke-width="2" d="M502 910Q520 950 590 955"/></g>
<g stroke="none"><path d="M500 672C512 706 546 738 548 782C549 820 523 842 500 842C477 842 451 820 452 782C454 738 488 706 500 672Z"/></g>
</svg>
`;
}

/** Points that the dendrites reach for: a flat fan, a little denser at its rim. */
function fan(count) {
  return Array.from({ length: count }, () => {
    const angle = Math.PI * (0.03 + 0.94 * random());
    const radius = 90 + 560 * random() ** 0.62;
    return { x: 500 + radius * 0.75 * Math.cos(angle), y: 700 - radius * 1.03 * Math.sin(angle) };
  });
}

/** Every node grows towards the attractors nearest to it; reached attractors vanish. */
function grow(nodes, attractors) {
  for (let round = 0; round < 400 && attractors.length > 0; round++) {
    const pulls = new Map();
    for (const target of attractors) {
      let best = -1;
      let least = reach;
      for (const [i, node] of nodes.entries()) {
        const distance = Math.hypot(target.x - node.x, target.y - node.y);
        if (distance < least) [best, least] = [i, distance];
      }
      if (best === -1) continue;
      const pull = pulls.get(best) ?? { x: 0, y: 0 };
      pull.x += (target.x - nodes[best].x) / least;
      pull.y += (target.y - nodes[best].y) / least;
      pulls.set(best, pull);
    }
    if (pulls.size === 0) return;
    for (const [parent, { x, y }] of pulls) {
      const length = Math.hypot(x, y) || 1;
      const node = {
        x: nodes[parent].x + (step * x) / length,
        y: nodes[parent].y + (step * y) / length,
        parent,
      };
      // Between two equal pulls a node would sprout the same twig round after round.
      const taken = nodes.some(({ x, y }) => Math.hypot(x - node.x, y - node.y) < step / 2);
      if (!taken) nodes.push(node);
    }
    attractors = attractors.filter((target) =>
      nodes.every((node) => Math.hypot(target.x - node.x, target.y - node.y) > kill),
    );
  }
}

/** Widths from the tips down: a parent's to the 3/2 is the sum of its children's to the 3/2. */
function rall(nodes) {
  const sums = nodes.map(() => 0);
  for (let i = nodes.length - 1; i > 0; i--) {
    if (sums[i] === 0) sums[i] = tip ** 1.5;
    sums[nodes[i].parent] += sums[i];
  }
  // Long trees would drown in ink: compressed above the tips.
  return sums.map((sum) => tip * (sum ** (2 / 3) / tip) ** 0.72);
}

/** Unbranched runs of nodes, each beginning at the node it leaves from. */
function chains(nodes) {
  const children = nodes.map(() => []);
  for (const [i, { parent }] of nodes.entries()) if (parent >= 0) children[parent].push(i);
  const chains = [];
  const pending = children[0].map((first) => [0, first]);
  while (pending.length > 0) {
    const chain = pending.pop();
    while (children[chain.at(-1)].length === 1) chain.push(children[chain.at(-1)][0]);
    for (const next of children[chain.at(-1)]) pending.push([chain.at(-1), next]);
    chains.push(chain);
  }
  return chains;
}

/** A smooth line through points: quadratic curves between midpoints. */
function stroke(points, width) {
  const thinned = points.filter((_, i) => i === 0 || i === points.length - 1 || i % 2 === 0);
  let d = `M${at(thinned[0])}`;
  for (let i = 1; i < thinned.length - 1; i++)
    d += `Q${at(thinned[i])} ${at(middle(thinned[i], thinned[i + 1]))}`;
  return `<path stroke-width="${width.toFixed(1)}" d="${d}L${at(thinned.at(-1))}"/>`;
}

function at({ x, y }) {
  return `${Math.round(x)} ${Math.round(y)}`;
}

function middle(a, b) {
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
}

/** Numerical Recipes' linear congruential generator: the same drawing everywhere. */
function lcg(state) {
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
