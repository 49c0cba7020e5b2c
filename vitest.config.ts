// One project a package; packages are found by their sources, so tests need no build.
import { readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import closingLine from "./scripts/closingLine.ts";

// Tests that import onnxruntime-node by themselves send no telemetry either.
process.env["ORT_DISABLE_TELEMETRY"] ??= "1";

// Sessions come and go, and each would take its memory from the system anew, page by page: a fifth of the processors' time.
// glibc alone reads this, when a process starts.
process.env["GLIBC_TUNABLES"] ??= [
  "glibc.malloc.hugetlb=1",
  "glibc.malloc.top_pad=67108864",
  "glibc.malloc.mmap_threshold=1000000000",
  "glibc.malloc.trim_threshold=1000000000",
].join(":");

const root = fileURLToPath(new URL(".", import.meta.url));
const packages = readdirSync(`${root}packages`);

const alias = packages.flatMap((name) => [
  { find: new RegExp(`^@cajal/${name}$`), replacement: `${root}packages/${name}/src/index.ts` },
  { find: new RegExp(`^@cajal/${name}/(.+)$`), replacement: `${root}packages/${name}/src/$1.ts` },
]);

export default defineConfig({
  test: {
    reporters: ["default", closingLine()],
    // Vitest would leave one processor to itself, which on two is half of them. One more than there are, as tests wait for
    // processes and pages: all of them take 469 s in place of 517 on two.
    maxWorkers: availableParallelism() + 1,
    // What packages import of each other is transformed once, not once for each package and run.
    experimental: { fsModuleCache: true },
    projects: [...packages.map((name) => `packages/${name}`), "apps/docs"].map((folder) => ({
      resolve: { alias },
      test: {
        name: basename(folder),
        // One root for all, so that they share the cache of transformed modules.
        root,
        include: [`${folder}/**/*.test.ts`],
        // One project for all packages would spare 30 s of imports, and cost 90 s in its tests, as its processes grow.
        // Files of a package share a few processes, one after the other, and what these have imported: most of a file's
        // time would be imports. A test leaves nothing behind that others would see.
        isolate: false,
        // The processors are shared; a network this small gains nothing by a second thread that waits busily.
        env: { CAJAL_THREADS: "1" },
        testTimeout: 60_000,
        hookTimeout: 60_000,
      },
    })),
  },
});
