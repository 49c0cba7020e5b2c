/**
 * What a layer or an activation does with whole numbers: only moves them, computes with them, rounds what it makes of
 * them to their own type, or refuses them. Where nothing is said they become float32.
 */
export type Integers = "moves" | "computes" | "rounds" | "refuses";
