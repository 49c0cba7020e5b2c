// Checks that packages import only from floors below theirs (CONTRIBUTING.md draws the house), and
// only what their package.json declares; and that within a package neither the folders of src nor what
// is in them import each other in a circle, types included.
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { floors } from "./floors.mjs";
import { circlesOfRooms } from "./rooms.mjs";

/** The scripts that root commands call in every package. */
const scripts = ["build", "build:js", "build:dts", "test"];

const root = fileURLToPath(new URL("../", import.meta.url));
const problems = [];
for (const name of readdirSync(`${root}packages`))
  if (existsSync(`${root}packages/${name}/package.json`)) checkPackage(name);
if (problems.length > 0) {
  console.error(problems.join("\n"));
  process.exit(1);
}

function checkPackage(name) {
  const folder = `${root}packages/${name}`;
  const manifest = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
  const floor = floorOf(name);
  if (floor === -1)
    return problems.push(`packages/${name}: is on no floor; scripts/floors.mjs lists them.`);
  for (const script of scripts)
    if (!manifest.scripts?.[script])
      problems.push(`packages/${name}/package.json: has no script "${script}".`);

  const installed = { ...manifest.dependencies, ...manifest.peerDependencies };
  for (const dependency of Object.keys(installed))
    checkFloor(`packages/${name}/package.json`, dependency);

  const imports = new Map(sources(`${folder}/src`).map((file) => [file, importsOf(file)]));
  for (const { folder: inside, rooms, imports: ties } of circlesOfRooms(`${folder}/src`, imports))
    problems.push(
      `${join("packages", name, "src", inside)}: ${rooms.join(", ")} import each other in a circle:`,
      ...ties.map((tie) => `  ${tie}`),
    );
  for (const [file, specifiers] of imports) {
    const where = relative(root, file);
    for (const specifier of specifiers) {
      if (specifier.startsWith(".")) {
        if (relative(folder, resolve(dirname(file), specifier)).startsWith(".."))
          problems.push(`${where}: imports "${specifier}", which is outside its package.`);
        continue;
      }
      if (specifier.startsWith("node:") || builtinModules.includes(specifier)) continue;
      const dependency = specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
      if (dependency === manifest.name) continue;
      if (!installed[dependency])
        problems.push(`${where}: imports "${specifier}", which its package.json does not declare.`);
      checkFloor(where, dependency);
    }
  }

  function checkFloor(where, dependency) {
    if (!dependency.startsWith("@cajal/")) return;
    const below = floorOf(dependency.slice("@cajal/".length));
    if (below >= floor)
      problems.push(
        `${where}: ${manifest.name} (floor ${floor}) must not depend on ${dependency} (floor ${below}): imports go down.`,
      );
  }
}

function floorOf(name) {
  return floors.findIndex((floor) => floor.includes(name));
}

/** What is published: tests may use the workspace's own development dependencies. */
function sources(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return sources(path);
    return /\.[cm]?[jt]sx?$/.test(entry.name) && !entry.name.includes(".test.") ? [path] : [];
  });
}

/** Every module a file names: import, export … from, import(), require(). */
function importsOf(file) {
  const { importedFiles } = ts.preProcessFile(readFileSync(file, "utf8"), true, true);
  return importedFiles.map(({ fileName }) => fileName);
}
