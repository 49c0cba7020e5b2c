/** Classes that TF.js has no layer for, and Cajal neither a formula in its operations nor operators. */
export const notOnTfjs: ReadonlySet<string> = new Set<string>();
