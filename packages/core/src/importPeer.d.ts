export interface PeerOptions {
    /** The command that installs it; default `npm install NAME`. */
    readonly install?: string;
}
/**
 * Imports an optional peer.
 *
 * @param name the npm package, e.g. "sharp"
 * @param load the import itself. Bundlers follow one that is written out, and would fail where that
 *   peer is not installed: let them see it inside `try` ({@link peerError})
 * @throws CajalError `missing-peer` with the install command, when the package or a native part of it
 *   is not installed; anything else that the import throws is passed on
 */
export declare function importPeer<T>(name: string, load: () => Promise<T>, options?: PeerOptions): Promise<T>;
/**
 * What to throw when the import of an optional peer has thrown `cause`: `missing-peer` with the install
 * command where the package or a native part of it is not installed, otherwise `cause` itself.
 *
 * esbuild and webpack take `import()` inside a `try` block as one that may fail, and warn of a package
 * that is not installed; anywhere else they end with an error.
 *
 * @example
 * try {
 *   return await import("sharp");
 * } catch (cause) {
 *   throw peerError("sharp", cause);
 * }
 */
export declare function peerError(name: string, cause: unknown, options?: PeerOptions): unknown;
