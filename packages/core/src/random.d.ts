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
export declare function random(seed: number, ...path: readonly (string | number)[]): Random;
/** 32-bit hash of a word under a key: MurmurHash3's finalizer (Appleby, public domain). */
export declare function hash(value: number, key: number): number;
