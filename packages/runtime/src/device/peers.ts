// Packages of engines: optional peers, imported when they are used.
import { CajalError, importPeer } from "@cajal/core";
import { inNode } from "./device";
import { installedVersion } from "./installed";

/** A dynamic import that bundlers do not follow, for packages with native parts. */
export async function importInNode<T>(name: string): Promise<T> {
  if (!inNode) throw new CajalError("no-device", `"${name}" runs in Node only.`, { peer: name });
  const load = (): Promise<T & { default?: T }> =>
    import(/* @vite-ignore */ /* webpackIgnore: true */ name);
  const module = await importPeer(name, load, { install: installCommand([name]) });
  return module.default ?? module;
}

/**
 * The same for a package of CommonJS: `require` takes half the time, as `import` first looks through all its files for what
 * they export.
 */
export async function requireInNode<T>(name: string): Promise<T> {
  try {
    const { createRequire } = process.getBuiltinModule("node:module");
    return createRequire(import.meta.url)(name) as T;
  } catch {
    // A bundle may not know where it lies, and an import says best what is missing.
    return importInNode<T>(name);
  }
}

/**
 * The command that installs peers. onnxruntime-node's install script downloads CUDA libraries from another
 * host than npm's, and fails the whole installation where that host cannot be reached; everything else is in the package.
 */
export const installCommand = (peers: readonly string[]): string =>
  `npm install ${peers.join(" ")}${peers.includes("onnxruntime-node") ? " --ignore-scripts" : ""}`;

/** Whether exactly this release of a package is installed; in Node only. */
export const isInstalled = (peer: string, version: string): boolean =>
  inNode && installedVersion(peer) === version;
