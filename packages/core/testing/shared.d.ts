/** The path of a file or folder of the shared folder; it may be absent. */
export declare const shared: (path: string) => string;
/** `describe` that skips, saying why in its title, where a path of the shared folder is absent. */
export declare function describeWithShared(title: string, path: string, body: (path: string) => void): void;
