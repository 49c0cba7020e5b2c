/**
 * What a layer or an activation does with whole numbers: only moves them, computes with them, or refuses them.
 * Where nothing is said they become float32.
 */
export type Integers = "moves" | "computes" | "refuses";
