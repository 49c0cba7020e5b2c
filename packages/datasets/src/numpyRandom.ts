// NumPy's legacy generator, as far as data sets' published orders rest on it: `RandomState(seed).shuffle`.
// MT19937 (Matsumoto and Nishimura 1998), seeded as `init_genrand`, and NumPy's masked rejection.

/** Reorders in place as `numpy.random.RandomState(seed).shuffle(items)` does, and returns it. */
export function numpyShuffle<T extends { [index: number]: unknown; readonly length: number }>(
  items: T,
  seed: number,
): T {
  const next = mersenneTwister(seed);
  for (let i = items.length - 1; i > 0; i--) {
    const mask = 2 ** (32 - Math.clz32(i)) - 1;
    let j = (next() & mask) >>> 0;
    while (j > i) j = (next() & mask) >>> 0;
    const swapped = items[i];
    items[i] = items[j];
    items[j] = swapped;
  }
  return items;
}

function mersenneTwister(seed: number): () => number {
  const state = new Uint32Array(624);
  state[0] = seed;
  for (let i = 1; i < 624; i++) {
    const before = state[i - 1]! ^ (state[i - 1]! >>> 30);
    state[i] = Math.imul(1812433253, before) + i;
  }
  let at = 624;
  return () => {
    if (at === 624) {
      for (let i = 0; i < 624; i++) {
        const y = (state[i]! & 0x80000000) | (state[(i + 1) % 624]! & 0x7fffffff);
        state[i] = state[(i + 397) % 624]! ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
      }
      at = 0;
    }
    let y = state[at++]!;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  };
}
