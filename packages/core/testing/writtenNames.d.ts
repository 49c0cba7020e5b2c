export interface Written {
    /** Path within the repository. */
    readonly file: string;
    readonly line: number;
    /** The text, or the source of a regular expression. */
    readonly text: string;
    readonly kind: "text" | "regular expression";
    /** What stands before it, up to 80 characters. */
    readonly before: string;
}
/** All texts and regular expressions of the packages' sources, tests aside. */
export declare function writtenTexts(): Generator<Written>;
/** Whether a file is the one of the thing with that name: `conv2d.ts` of Conv2D, wherever it lies. */
export declare const isOwnFile: (file: string, name: string) => boolean;
