import type { GraphBuilder, Value } from "../../graph/builder";
/** `rows` × `columns`; entries in any order, those of one place are added up. */
export interface SparseMatrix {
    readonly rows: number;
    readonly columns: number;
    readonly entries: readonly Entry[];
}
export type Entry = readonly [row: number, column: number, weight: number];
/** @throws CajalError `unsupported` for maps beyond what a graph can carry */
export declare function checkEntries(count: number): void;
export declare const transpose: ({ rows, columns, entries }: SparseMatrix) => SparseMatrix;
/** y[.., r, ..] = Σ_c m[r, c] · x[.., c, ..] along `axis`. */
export declare function alongAxis(g: GraphBuilder, x: Value, axis: number, m: SparseMatrix): Value;
