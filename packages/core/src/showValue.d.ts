/** Any value in a few words, for messages: what arrives where another was expected. */
export declare function showValue(value: unknown): string;
