// What the site shows and nobody writes by hand: the API from the docstrings, the data sets' cards, and the
// newest report of `cajal run`, which is made if there is none.
//   node scripts/generate.mjs [--dev]     --dev: does without a report
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Application, Converter, ReflectionKind } from "typedoc";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const site = fileURLToPath(new URL("../", import.meta.url));

copyReport();
writeDataSets();
await writeApi();

function copyReport() {
  const reportFolder = `${root}cajal-report`;
  if (!existsSync(`${reportFolder}/report.html`) && !process.argv.includes("--dev")) {
    console.log("There is no cajal-report yet: running `cajal run`.");
    const { status } = spawnSync(
      process.execPath,
      ["scripts/cajal.mjs", "run", "--out", reportFolder],
      {
        cwd: root,
        stdio: "inherit",
      },
    );
    if (status !== 0) process.exit(1);
  }
  rmSync(`${site}public/cajal-report`, { recursive: true, force: true });
  if (existsSync(reportFolder))
    cpSync(reportFolder, `${site}public/cajal-report`, { recursive: true });
}

/** Cards and contact sheets, from the records in @cajal/datasets. */
function writeDataSets() {
  const { status } = spawnSync(
    process.execPath,
    ["scripts/run-source.mjs", "apps/docs/scripts/dataSets.ts", `${site}data-sets/index.md`],
    { cwd: root, stdio: "inherit" },
  );
  if (status !== 0) process.exit(1);
}

/** One page per door of a package: "@cajal/onnx", "@cajal/onnx/node". */
async function writeApi() {
  const entryPoints = publicSources();
  const app = await Application.bootstrapWithPlugins({
    entryPoints: entryPoints.map(({ source }) => source),
    tsconfig: `${site}tsconfig.json`,
    basePath: `${root}packages`,
    plugin: ["typedoc-plugin-markdown"],
    skipErrorChecking: true, // `npm run typecheck` has done that
    excludeInternal: true,
    excludeExternals: true,
    disableSources: true,
    readme: "none",
    name: "API",
    router: "module",
    navigationJson: `${site}api/navigation.json`,
    entryFileName: "index",
    hideBreadcrumbs: true,
    hidePageHeader: true,
    useCodeBlocks: true,
    useHTMLEncodedBrackets: true,
    sanitizeComments: true,
    parametersFormat: "table",
    interfacePropertiesFormat: "table",
    typeDeclarationFormat: "table",
    logLevel: "Warn",
    outputs: [{ name: "markdown", path: `${site}api` }],
    validation: { notExported: false },
  });
  // typedoc names a module by its path below packages/; users know it by what they import.
  app.converter.on(Converter.EVENT_CREATE_DECLARATION, (_, reflection) => {
    const entryPoint = entryPoints.find(({ source }) =>
      source.replace(/(\/index)?\.ts$/, "").endsWith(`/packages/${reflection.name}`),
    );
    if (reflection.kindOf(ReflectionKind.Module) && entryPoint) reflection.name = entryPoint.name;
  });
  const project = await app.convert();
  if (!project) throw new Error("typedoc could not read the sources.");
  app.validate(project);
  // What is said of a parameter that has another name would be missing from the page, and a link would lead nowhere.
  if (app.logger.hasWarnings())
    throw new Error("typedoc could not place all that is documented: see its warnings.");
  rmSync(`${site}api`, { recursive: true, force: true });
  await app.generateOutputs(project);
}

/** The doors of all public packages, with the source behind each. */
function publicSources() {
  return readdirSync(`${root}packages`).flatMap((folder) => {
    const file = `${root}packages/${folder}/package.json`;
    if (!existsSync(file)) return [];
    const { name, exports, private: hidden } = JSON.parse(readFileSync(file, "utf8"));
    if (hidden) return [];
    return Object.keys(exports)
      .filter((path) => path !== "./package.json")
      .map((path) => ({
        name: name + path.slice(1),
        source: `${root}packages/${folder}/src${path === "." ? "/index" : path.slice(1)}.ts`,
      }));
  });
}
