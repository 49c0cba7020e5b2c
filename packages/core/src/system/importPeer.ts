// Heavy packages are optional peers: imported when used, and a missing one says what to install.
import { checkArgument } from "../checks/checkArgument";
import { CajalError } from "../checks/errors";
import { checkOptions } from "../checks/options";

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
export async function importPeer<T>(
  name: string,
  load: () => Promise<T>,
  options?: PeerOptions,
): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    throw peerError(name, cause, options);
  }
}

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
export function peerError(name: string, cause: unknown, options: PeerOptions = {}): unknown {
  checkArgument("importPeer", "name", name, "string");
  checkOptions("importPeer", options, ["install"]);
  const { install = `npm install ${name}` } = options;
  const message = cause instanceof Error ? cause.message : String(cause);
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (
    code === "ERR_MODULE_NOT_FOUND" ||
    code === "MODULE_NOT_FOUND" ||
    isMissingFromBundle(name, message)
  ) {
    // The message names the module: the peer, an entry of it, or something that the peer needs.
    const missing = /Cannot find (?:package|module) '([^']+)'/.exec(message)?.[1] ?? name;
    const isPeerItself = missing === name || missing.startsWith(`${name}/`);
    return new CajalError(
      "missing-peer",
      isPeerItself
        ? `"${name}" is needed here and is not installed. Install it: ${install}`
        : `"${name}" is needed here and not wholly installed: it lacks ${missing}. Install it anew: ${install}`,
      { peer: name, missing, install },
      { cause },
    );
  }
  if (message.includes("tfjs_binding"))
    return new CajalError(
      "missing-peer",
      `"${name}" is installed without its native part (its install script did not run). Rebuild it: npm rebuild ${name} --ignore-scripts=false`,
      { peer: name, install: `npm rebuild ${name} --ignore-scripts=false` },
      { cause },
    );
  return cause;
}

/** Whether a bundle was made without the peer: what bundlers put in its place, and what browsers say of a bare name. */
const isMissingFromBundle = (name: string, message: string): boolean =>
  message.startsWith(`Could not resolve "${name}`) || // Vite
  (message.includes(name) &&
    /Failed to resolve module specifier|does not start with|bare specifier|not resolve to a valid URL/i.test(
      message,
    ));
