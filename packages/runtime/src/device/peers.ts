// Packages of engines: optional peers, imported when they are used.
import { CajalError, importPeer } from "@cajal/core";
import { inNode } from "./device";
import { installedVersion } from "./installed";

/** An import that bundlers do not follow, for packages with native parts. */
export async function importInNode<T>(name: string): Promise<T> {
  if (!inNode) throw new CajalError("no-device", `"${name}" runs in Node only.`, { peer: name });
  const load = (): Promise<T & { default?: T }> =>
    import(/* @vite-ignore */ /* webpackIgnore: true */ name);
  const module = await importPeer(name, load, { install: installCommand([name]) });
  return module.default ?? module;
}

/**
 * The command that installs peers. onnxruntime-node's install script fetches CUDA libraries from another
 * host than npm's, and fails the whole installation where that cannot be reached; all else it brings itself.
 */
export const installCommand = (peers: readonly string[]): string =>
  `npm install ${peers.join(" ")}${peers.includes("onnxruntime-node") ? " --ignore-scripts" : ""}`;

/** Whether what would be imported here, in Node, is that release of a package. */
export const isInstalled = (peer: string, version: string): boolean =>
  inNode && installedVersion(peer) === version;
