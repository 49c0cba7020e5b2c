export interface NumberRange {
    /** Default: none. */
    readonly least?: number;
    readonly most?: number;
}
/**
 * Refuses what is no whole number within a range; without one, any of magnitude below 2⁵³ will do.
 *
 * @param where the function or command that it was given to, for the message
 * @param name of the option or argument
 * @throws CajalError `bad-argument`
 */
export declare function checkInteger(where: string, name: string, value: unknown, range?: NumberRange): asserts value is number;
/**
 * Refuses what is no finite number within a range.
 *
 * @throws CajalError `bad-argument`
 */
export declare function checkNumber(where: string, name: string, value: unknown, range?: NumberRange): asserts value is number;
