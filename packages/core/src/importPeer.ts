// Heavy packages are optional peers: imported when used, and a missing one says what to install.
import { CajalError } from "./errors";

/**
 * Imports an optional peer.
 *
 * @param name the npm package, e.g. "onnxruntime-node"
 * @param load the import itself, written out so that bundlers see it: `() => import("onnxruntime-node")`
 * @throws CajalError `missing-peer` with the install command, when the package or a native part of it
 *   is not installed; anything else that the import throws is passed on
 */
export async function importPeer<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    // Vite puts a module that throws this in the place of an optional peer that is not installed.
    const absentInBundle = message.startsWith(`Could not resolve "${name}"`);
    if (code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND" || absentInBundle) {
      // The message names the module: the peer, an entry of it, or something that the peer needs.
      const missing = /Cannot find (?:package|module) '([^']+)'/.exec(message)?.[1] ?? name;
      const whole = missing === name || missing.startsWith(`${name}/`);
      throw new CajalError(
        "missing-peer",
        whole
          ? `"${name}" is needed here and is not installed. Install it: npm install ${name}`
          : `"${name}" is needed here and not wholly installed: it lacks ${missing}. Install it anew: npm install ${name}`,
        { peer: name, missing, install: `npm install ${name}` },
        { cause },
      );
    }
    if (message.includes("tfjs_binding"))
      throw new CajalError(
        "missing-peer",
        `"${name}" is installed without its native part (its install script did not run). Rebuild it: npm rebuild ${name} --ignore-scripts=false`,
        { peer: name, install: `npm rebuild ${name} --ignore-scripts=false` },
        { cause },
      );
    throw cause;
  }
}
