/** What `work` gives, or a rejection with the signal's reason as soon as it is aborted; leaves no listener. */
export declare function abortable<T>(work: T | Promise<T>, signal: AbortSignal | undefined): Promise<T>;
