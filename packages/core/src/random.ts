// Seeded randomness that is the same on every machine. A generator is addressed by a seed and a
// path of names ("shuffle", epoch 3), so that no consumer disturbs another's numbers, and resuming needs
// no saved state: the path determines the numbers.
// Number i is a hash of i under a key, as in counter-based generators (Salmon et al. 2011,
// "Parallel random numbers: as easy as 1, 2, 3"); the hash is MurmurHash3's finalizer, twice.
import { CajalError } from "./checks/errors";

export interface Random {
  /** The next number, uniform in [0, 2³²), whole. */
  uint32(): number;
  /** Uniform in [0, 1), 24 bits: exact in float32. */
  float(): number;
  /** Uniform in [0, bound), whole, without modulo bias. */
  integer(bound: number): number;
  /**
   * Standard normal (Box–Muller), at most 5.8 from 0. The only numbers here whose last bits may differ,
   * between JavaScript engines: theirs are `Math.log`, `sin` and `cos`.
   */
  normal(): number;
  /** 0 … n−1 in random order (Fisher–Yates). */
  permutation(n: number): Uint32Array;
}

/**
 * A generator for `seed` and a path below it; equal arguments give equal numbers. Of a path's parts the
 * type counts, too: 1 is not "1".
 *
 * @param seed a whole number, −2⁵³ < seed < 2⁵³
 * @throws CajalError `bad-argument` for another seed, and from `integer` for a bound out of its range
 * @example random(42, "shuffle", epoch).permutation(60000)
 */
export function random(seed: number, ...path: readonly (string | number)[]): Random {
  if (!Number.isSafeInteger(seed))
    throw new CajalError(
      "bad-argument",
      `random: got seed ${String(seed)}, expected a whole number of magnitude below 2⁵³.`,
      { seed },
    );
  // 53 bits of seed count: the low and the high word both go into the key.
  const low = hash(seed | 0, hash(Math.floor(seed / 2 ** 32) | 0, 0x9e3779b9));
  const keyA = path.reduce<number>((key, part) => hash(word(part), key), low);
  const keyB = hash(keyA, 0x85ebca6b);
  let counter = 0;
  let spareNormal: number | undefined;

  const uint32 = () => {
    const i = counter++;
    // Past 2³² numbers the key changes, so that the sequence does not repeat.
    return hash(hash(i | 0, keyA), keyB ^ Math.floor(i / 2 ** 32));
  };
  const float = () => (uint32() >>> 8) / 2 ** 24;
  const integer = (bound: number) => {
    if (!(Number.isInteger(bound) && bound > 0 && bound <= 2 ** 32))
      throw new CajalError(
        "bad-argument",
        `random integer: got bound ${bound}, expected a whole number in 1 … 2³².`,
        { bound },
      );
    const limit = 2 ** 32 - (2 ** 32 % bound);
    for (;;) {
      const value = uint32();
      if (value < limit) return value % bound;
    }
  };
  const normal = () => {
    if (spareNormal !== undefined) {
      const value = spareNormal;
      spareNormal = undefined;
      return value;
    }
    // 1 − u is in (0, 1], so that the logarithm is finite.
    const radius = Math.sqrt(-2 * Math.log(1 - float()));
    const angle = 2 * Math.PI * float();
    spareNormal = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
  const permutation = (n: number) => {
    const order = Uint32Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = integer(i + 1);
      const swapped = order[i]!;
      order[i] = order[j]!;
      order[j] = swapped;
    }
    return order;
  };
  return { uint32, float, integer, normal, permutation };
}

/** 32-bit hash of a word under a key: MurmurHash3's finalizer (Appleby, public domain). */
export function hash(value: number, key: number): number {
  let h = Math.imul(value ^ key, 0x9e3779b1) ^ (key >>> 15);
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  h ^= h >>> 16;
  return h >>> 0;
}

/** A path's part as a word: FNV-1a of its text. */
function word(part: string | number): number {
  let h = 2166136261;
  for (const byte of new TextEncoder().encode(`${typeof part}:${part}`))
    h = Math.imul(h ^ byte, 16777619);
  return h >>> 0;
}
