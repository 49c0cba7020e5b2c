// Every public entry of every package, by its name: "core", "files/node" …
/// <reference types="vite/client" />

type Exports = Readonly<Record<string, unknown>>;

const modules = import.meta.glob<Exports>("../../*/src/{index,node,imagenet}.ts", { eager: true });

export const publicPackages: ReadonlyMap<string, Exports> = new Map(
  Object.entries(modules).map(([path, exports]) => {
    // This package's own path is "../src/index.ts".
    const [, folder, entry] = /([^/]+)\/src\/(\w+)\.ts$/.exec(path)!;
    const name = folder === ".." ? "bench" : folder;
    return [entry === "index" ? name! : `${name}/${entry}`, exports];
  }),
);

export type Function = (...args: readonly unknown[]) => unknown;

/** Functions by package and name, e.g. "core tensor"; classes are left out. */
export const publicFunctions: ReadonlyMap<string, Function> = new Map(
  [...publicPackages].flatMap(([name, exports]) =>
    Object.entries(exports).flatMap(([key, value]): [string, Function][] =>
      typeof value === "function" && !/^class\b/.test(String(value))
        ? [[`${name} ${key}`, value as Function]]
        : [],
    ),
  ),
);
