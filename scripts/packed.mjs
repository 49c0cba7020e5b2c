// The public packages as npm would publish them, and empty projects to install them into.
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync } from "node:fs";
import { symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../", import.meta.url));
/** Where everything is tried; whoever is done removes it. */
export const folder = mkdtempSync(join(tmpdir(), "cajal-packages-"));
/** The public packages of the workspace by folder name. */
export const packages = findPackages();

function findPackages() {
  const published = new Map();
  for (const name of readdirSync(`${root}packages`)) {
    const path = `${root}packages/${name}`;
    if (!existsSync(`${path}/package.json`)) continue;
    const manifest = JSON.parse(readFileSync(`${path}/package.json`, "utf8"));
    if (!manifest.private) published.set(name, { name, path, manifest });
  }
  return published;
}

/** Packs all of them; `npm run build` comes before. */
export async function pack() {
  const which = [...packages.values()].flatMap(({ manifest }) => ["-w", manifest.name]);
  const args = ["pack", "--json", "--pack-destination", folder, ...which];
  const { ok, output, stdout } = await run("npm", args, root);
  if (!ok) fail(`npm pack failed:\n${output}`);
  for (const packed of Object.values(JSON.parse(stdout))) {
    const name = packed.name.slice("@cajal/".length);
    Object.assign(packages.get(name), {
      tarball: join(folder, packed.filename),
      files: packed.files.map(({ path }) => path),
    });
  }
}

/** The names of packages and of every Cajal package they depend on. */
export function closure(names, visited = new Set()) {
  for (const name of names) {
    if (visited.has(name)) continue;
    visited.add(name);
    closure(
      Object.keys(packages.get(name).manifest.dependencies ?? {})
        .filter((dependency) => dependency.startsWith("@cajal/"))
        .map((dependency) => dependency.slice("@cajal/".length)),
      visited,
    );
  }
  return visited;
}

/** Makes `project` one that depends on packages; gives what went wrong. */
export async function install(project, names) {
  const dependencies = {};
  for (const name of names) dependencies[`@cajal/${name}`] = `file:${packages.get(name).tarball}`;
  await writeFile(join(project, "package.json"), JSON.stringify({ private: true, dependencies }));
  const args = ["install", "--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts"];
  const { ok, output } = await run("npm", args, project);
  return ok ? "" : output;
}

/** Links what lies in the repository's own node_modules: peers are large. */
export async function link(project, peers) {
  for (const peer of peers) {
    const [from, to] = [`${root}node_modules/${peer}`, join(project, "node_modules", peer)];
    if (!existsSync(from) || existsSync(to)) continue;
    mkdirSync(dirname(to), { recursive: true });
    await symlink(from, to, "junction");
  }
}

/** Runs a program to its end, or for two minutes. */
export function run(file, args, cwd, more = {}) {
  const env = { ...process.env, CAJAL_CACHE: join(folder, "cache"), NO_COLOR: "1", ...more };
  delete env.FORCE_COLOR;
  return new Promise((done) => {
    const options = { cwd, env, timeout: 120_000, maxBuffer: 2 ** 26 };
    execFile(file, args, options, (error, stdout, stderr) => {
      const late = error?.killed ? `\n${file} was stopped after two minutes.` : "";
      done({ ok: error === null, output: stdout + stderr + late, stdout });
    });
  });
}

export function fail(message) {
  console.error(`${message}\n\nWhat was tried lies in ${folder}.`);
  process.exit(1);
}
