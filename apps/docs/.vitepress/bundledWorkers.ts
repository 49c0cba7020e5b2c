// The demos' workers, bundled by esbuild: each reads most of the packages' sources, and Rollup, which Vite takes, needs as
// long for the four of them as for the rest of the site. What several of them read lies in files of its own, fetched once.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { build } from "esbuild";
import type { Plugin } from "vitepress";

export interface Replacement {
  readonly find: RegExp;
  readonly replacement: string;
}

interface Bundle {
  /** File → its bytes, all of them for one folder. */
  readonly files: ReadonlyMap<string, Uint8Array | string>;
  /** Name of a worker's source → its file. */
  readonly entries: ReadonlyMap<string, string>;
}

const workerUrl = /new URL\("\.\/(\w+\.worker\.ts)", import\.meta\.url\)/g;

/**
 * Makes `new URL("./x.worker.ts", import.meta.url)` in the components of pages the address of a bundle.
 *
 * @param folder where the workers' sources are
 * @param alias as Vite's `resolve.alias`
 */
export function bundledWorkers(folder: string, alias: readonly Replacement[]): Plugin {
  /** A worker's source → Rollup's reference to its file. */
  let emitted: Promise<ReadonlyMap<string, string>> | undefined;
  return {
    name: "bundled-workers",
    apply: "build",
    // Behind Vue's plugin, which names a component's styles by its source: both of the site's builds must read the same.
    async transform(code, id, { ssr } = {}) {
      // Where pages are rendered in advance no worker is started.
      if (ssr || dirname(id.split("?")[0]!) !== folder || code.search(workerUrl) < 0) return;
      emitted ??= bundle(folder, alias).then(({ files, entries }) => {
        const references = new Map<string, string>();
        for (const [name, source] of files)
          references.set(
            name,
            this.emitFile({ type: "asset", fileName: `assets/${name}`, source }),
          );
        return new Map([...entries].map(([source, name]) => [source, references.get(name)!]));
      });
      const references = await emitted;
      return code.replaceAll(workerUrl, (_, source: string) => `import.meta.ROLLUP_FILE_URL_${references.get(source)}`); // prettier-ignore
    },
  };
}

async function bundle(folder: string, alias: readonly Replacement[]): Promise<Bundle> {
  const sources = readdirSync(folder).filter((file) => file.endsWith(".worker.ts"));
  const { outputFiles } = await build({
    entryPoints: sources.map((file) => join(folder, file)),
    outdir: folder,
    entryNames: "[name]-[hash]",
    chunkNames: "[name]-[hash]",
    bundle: true,
    splitting: true,
    minify: true,
    write: false,
    format: "esm",
    platform: "browser",
    target: "es2022",
    logLevel: "error",
    plugins: [
      {
        name: "alias",
        setup: ({ onResolve, resolve }) => {
          for (const { find, replacement } of alias)
            onResolve({ filter: find }, ({ path, resolveDir, kind }) =>
              resolve(path.replace(find, replacement), { resolveDir, kind }),
            );
        },
      },
    ],
  });
  // ONNX Runtime fetches it from where it lies itself.
  const wasm = "ort-wasm-simd-threaded.wasm";
  const bytes = readFileSync(join(dirname(createRequire(import.meta.url).resolve("onnxruntime-web/wasm")), wasm)); // prettier-ignore
  const hashed = wasm.replace(".wasm", `-${createHash("sha256").update(bytes).digest("hex").slice(0, 8)}.wasm`); // prettier-ignore
  const files = outputFiles.map(({ path, text }) => [basename(path), text.replaceAll(wasm, hashed)] as const); // prettier-ignore
  const fileOf = (source: string) =>
    files.find(([name]) => name.startsWith(`${basename(source, ".ts")}-`))![0];
  return {
    files: new Map<string, Uint8Array | string>([...files, [hashed, bytes]]),
    entries: new Map(sources.map((source) => [source, fileOf(source)])),
  };
}
