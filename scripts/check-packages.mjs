// Checks every public package as a user meets it: packed, installed alone into an empty project,
// imported, compiled against, its README's example run, and weighed. And two lessons as a newcomer follows them.
//   node scripts/check-packages.mjs [name ...] [--weigh]     (after npm run build; --weigh: no more than that)
import { existsSync, lstatSync, mkdirSync, readFileSync, readdirSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { connect } from "node:net";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { transform } from "esbuild";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { checkBundlers, program } from "./bundlers.mjs";
import { compile, describing, endCompiler } from "./compile.mjs";
import { followLesson, followed } from "./followLesson.mjs";
import { typesWrong, endTypesWrong } from "./typesWrong.mjs";
import { closure, fail, folder, install, link, pack, packages, root, run } from "./packed.mjs";

/** What a user may download at most: node_modules in kB after installing the package, peers aside. */
const limits = {
  core: 200,
  files: 500,
  onnx: 2000,
  datasets: 2600,
  models: 3200,
  runtime: 4100,
  train: 6700,
  transfer: 8000,
  explain: 5000,
  bench: 9500,
};

const weighOnly = process.argv.includes("--weigh");
const asked = process.argv.slice(2).filter((argument) => argument !== "--weigh");
// The repository's own README has an example too: a package's checks, as far as they apply.
const subjects = new Map([
  ...packages,
  ["README.md", { name: "README.md", path: root }],
  ...followed.map((lesson) => [lesson, { name: lesson, lesson }]),
]);
for (const name of asked)
  if (!subjects.has(name))
    fail(`There is no public package "${name}"; there are: ${[...subjects.keys()].join(", ")}.`);

const started = Date.now();
await pack();
const waiting = asked.length > 0 ? [...asked] : [...(weighOnly ? packages : subjects).keys()];
const results = new Map(waiting.map((name) => [name, undefined]));
await Promise.all(
  Array.from({ length: availableParallelism() }, async () => {
    for (let name = waiting.shift(); name; name = waiting.shift())
      results.set(name, await check(subjects.get(name)));
  }),
);
await Promise.all([endCompiler(), endTypesWrong()]);
await report();

/** All checks of one package: `{ [check]: problem or "" }`, a missing key was not reached. */
async function check(subject) {
  const project = join(folder, subject.name);
  mkdirSync(project);
  const result = { problems: {} };
  const step = async (title, body) => {
    try {
      result.problems[title] = (await body()) ?? "";
    } catch (error) {
      result.problems[title] = error.stack ?? String(error);
    }
    return result.problems[title] === "";
  };
  if (subject.lesson) {
    await step("follows", () => followLesson(subject.lesson, project));
    return result;
  }
  if (subject.manifest) await checkPackage(subject, project, step, result);
  if (result.problems.installs || weighOnly) return result;
  await checkExample(subject, project, step);
  return result;
}

/** What the packed files are: whole, and with declarations that resolve. */
async function checkPacked(subject, step) {
  await step("packed", () => checkContents(subject));
  await step("publint", async () => {
    const tarball = new Uint8Array(readFileSync(subject.tarball)).buffer;
    const { messages, pkg } = await publint({ pack: { tarball }, strict: true });
    return messages.map((message) => formatMessage(message, pkg, { color: false })).join("\n");
  });
  await step("types", () => typesWrong(subject.tarball));
}

async function checkPackage(subject, project, step, result) {
  const { name, manifest } = subject;
  if (!weighOnly) await checkPacked(subject, step);
  if (!(await step("installs", () => install(project, closure([name]))))) return;
  await step("weighs", () => {
    result.kilobytes = Math.round(weigh(join(project, "node_modules")) / 1000);
    if (limits[name] === undefined) return `scripts/check-packages.mjs states no limit for it.`;
    if (result.kilobytes > limits[name])
      return `Installing it takes ${result.kilobytes} kB; its limit is ${limits[name]} kB.`;
  });
  if (weighOnly) return;
  // Before any peer is there: the entry point of a package needs none.
  await step("imports", () => checkImports(project, manifest));
  await step("declares", () => checkDeclarations(project, manifest));
  await step("describes", () => checkDescriptions(project, manifest));
  // The package that imports engines, with the lightest of them.
  if (name === "runtime") {
    await step("bundles", () => checkBundles(project));
    await step("engine", () => checkEngineInstall(subject));
  }
}

/** A user's strict browser project: no types of Node's, no newest library, every declaration checked. */
async function checkDeclarations(project, manifest) {
  const forBrowsers = entries(manifest).filter((entry) => !entry.endsWith("/node"));
  const code = forBrowsers.map((entry, i) => `import * as m${i} from "${entry}";\nvoid m${i};\n`);
  await writeFile(join(project, "browser.mts"), code.join(""));
  const compilerOptions = {
    strict: true,
    noEmit: true,
    target: "ES2022",
    lib: ["ES2022", "DOM"],
    types: [],
    skipLibCheck: false,
    skipDefaultLibCheck: true, // TypeScript's own
    module: "node16",
    moduleResolution: "node16",
  };
  const config = JSON.stringify({ compilerOptions, files: ["browser.mts"] });
  await writeFile(join(project, "tsconfig.browser.json"), config);
  return compile(join(project, "tsconfig.browser.json"));
}

/** What editors show for the fields of configs and options, from the declarations that users get. */
async function checkDescriptions(project, manifest) {
  const declarations = Object.values(manifest.exports).map((entry) => entry.import?.types);
  const files = declarations
    .filter(Boolean)
    .map((path) => join(project, "node_modules", manifest.name, path));
  return describing(files);
}

/**
 * The README's line that installs the native engine, where nothing but npm's registry can be reached:
 * behind a proxy that lets nobody through to any other host.
 */
async function checkEngineInstall({ path }) {
  const line = /`npm (install onnxruntime-node[^`]*)`/.exec(
    readFileSync(`${path}/README.md`, "utf8"),
  );
  if (!line) return "Its README.md has no `npm install onnxruntime-node`.";
  const { stdout } = await run("npm", ["config", "get", "registry"], root);
  const registry = new URL(stdout.trim());
  const port = Number(registry.port || 443);
  if (registry.protocol !== "https:") return ""; // A mirror nearby, which a proxy would not be asked for.
  const proxy = createServer((_, response) => response.writeHead(403).end());
  proxy.on("connect", ({ url }, socket) => {
    socket.on("error", () => {});
    if (url !== `${registry.hostname}:${port}`) return socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
    const there = connect(port, registry.hostname, () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      there.pipe(socket).pipe(there);
    });
    there.on("error", () => socket.destroy());
  });
  await new Promise((listening) => proxy.listen(0, "127.0.0.1", listening));
  const by = `http://127.0.0.1:${proxy.address().port}`;
  const project = join(folder, "engine");
  mkdirSync(project);
  await writeFile(join(project, "package.json"), '{ "private": true }');
  try {
    const env = {
      npm_config_proxy: by,
      npm_config_https_proxy: by,
      npm_config_ignore_scripts: "false", // as it is where nobody has set it
      GLOBAL_AGENT_HTTP_PROXY: by, // what its install script goes by
      ORT_DISABLE_TELEMETRY: "1",
    };
    const args = [...line[1].split(" "), "--prefer-offline", "--no-audit", "--no-fund"];
    const installed = await run("npm", args, project, env);
    if (!installed.ok) return `npm ${line[1]}:\n${installed.output}`;
    const code = `if (!require("onnxruntime-node").listSupportedBackends().some(({ name }) => name === "cpu")) process.exit(1)`;
    const loaded = await run("node", ["-e", code], project, env);
    return loaded.ok ? "" : `It is installed, and does not load:\n${loaded.output}`;
  } finally {
    proxy.close();
  }
}

/** Every bundler, where onnxruntime-web is all that is installed. */
async function checkBundles(project) {
  await link(project, ["onnxruntime-web"]);
  const entry = join(project, "bundled.mjs");
  await writeFile(entry, program);
  return checkBundlers(entry);
}

/** Compiles a user's code, the README's examples among it, and runs the first of these. */
async function checkExample({ name, path, manifest }, project, step) {
  const examples = readExamples(path);
  // An example may show a package together with others.
  const mentioned = [...packages.keys()].filter((other) =>
    new RegExp(`["']@cajal/${other}["'/]`).test(examples.join("")),
  );
  const own = closure(manifest ? [name] : []);
  const all = closure(mentioned, new Set(own));
  if (all.size > own.size && !(await step("installs", () => install(project, all)))) return;
  await linkPeers(project, all);
  await step("compiles", () => checkTypes(project, manifest, examples, all));
  await step("README", () => {
    if (examples[0]) return runExample(project, examples[0]);
    const missing = existsSync(`${path}/README.md`) ? "has no ```ts block" : "is missing";
    return `Its README.md ${missing}: a README opens with one sentence and an example that runs.`;
  });
}

function checkContents({ name, path, files, manifest }) {
  const problems = [];
  for (const needed of ["README.md", "LICENSE"])
    if (!files.includes(needed)) problems.push(`It is packed without ${needed}.`);
  const stray = files.filter((file) => /\.test\.|fixtures\//.test(file));
  if (stray.length > 0) problems.push(`Tests are packed: ${stray.join(", ")}.`);
  for (const field of ["description", "license", "exports"])
    if (!manifest[field]) problems.push(`packages/${name}/package.json has no "${field}".`);
  if (!existsSync(`${path}/dist`)) problems.push(`It is not built: npm run build.`);
  const wide = files.filter(
    (file) => /\.c?js$/.test(file) && /[^\0-\u00ff]/.test(readFileSync(`${path}/${file}`, "utf8")),
  );
  if (wide.length > 0)
    problems.push(`JavaScript with characters beyond Latin-1, which are slow to load: ${wide.join(", ")}.`); // prettier-ignore
  return problems.join("\n");
}

/** Bytes of all files below a folder; links weigh nothing. */
function weigh(path) {
  const stat = lstatSync(path);
  if (!stat.isDirectory()) return stat.isSymbolicLink() ? 0 : stat.size;
  return readdirSync(path).reduce((sum, entry) => sum + weigh(join(path, entry)), 0);
}

/** The specifiers a user may import: "@cajal/onnx", "@cajal/onnx/node". */
function entries({ name, exports } = { exports: {} }) {
  return Object.keys(exports)
    .filter((path) => path !== "./package.json")
    .map((path) => name + path.slice(1));
}

async function checkImports(project, manifest) {
  const attempts = entries(manifest).flatMap((entry) => [
    ["--input-type=module", `import * as m from "${entry}"; some(m, "${entry}", "import");`],
    ["--input-type=commonjs", `some(require("${entry}"), "${entry}", "require");`],
  ]);
  const some = `function some(m, door, how) {
    if (Object.keys(m).length === 0) throw new Error(how + " of " + door + " gives nothing");
  }`;
  const problems = [];
  for (const [type, code] of attempts) {
    const { ok, output } = await run("node", [type, "-e", `${code}\n${some}`], project);
    if (!ok) problems.push(output);
  }
  for (const bin of Object.keys(manifest.bin ?? {})) {
    const { ok, output, stdout } = await run(
      join(project, "node_modules/.bin", bin),
      ["--help"],
      project,
    );
    if (!ok || stdout === "") problems.push(`${bin} --help:\n${output}`);
  }
  return problems.join("\n");
}

/**
 * Optional peers are linked from the repository's own node_modules instead of being installed anew:
 * the engines are hundreds of megabytes. Linked too: what compiling takes.
 */
function linkPeers(project, names) {
  return link(project, [...peersOf(names), "@types/node"]);
}

function peersOf(names) {
  const peers = [...names].flatMap((name) =>
    Object.keys(packages.get(name).manifest.peerDependencies ?? {}),
  );
  return new Set(peers);
}

/** A user's strict project imports every entry point, as ESM and as CommonJS, and has the README's examples. */
async function checkTypes(project, manifest, examples, names) {
  const usesTfjs = [...peersOf(names)].some((peer) => peer.startsWith("@tensorflow/"));
  const compilerOptions = {
    strict: true,
    noEmit: true,
    target: "ES2022",
    lib: ["ES2022", "DOM"],
    types: ["node"],
    skipDefaultLibCheck: true, // TypeScript's own
    skipLibCheck: usesTfjs, // tfjs' own declarations do not compile
  };
  const write = (file, content) => writeFile(join(project, file), content);
  const esm = entries(manifest).map(
    (entry, i) => `import * as m${i} from "${entry}";\nvoid m${i};\n`,
  );
  const cjs = entries(manifest).map(
    (entry, i) => `import m${i} = require("${entry}");\nvoid m${i};\n`,
  );
  await write("esm.mts", esm.join(""));
  await write("cjs.cts", cjs.join(""));
  const exampleFiles = examples.map((_, i) => `example${i}.mts`);
  for (const [i, example] of examples.entries()) await write(exampleFiles[i], example);
  const variants = {
    node16: { module: "node16", moduleResolution: "node16" },
    // And as strict as a project may be: what a README hands on may be undefined.
    bundler: {
      module: "esnext",
      moduleResolution: "bundler",
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      verbatimModuleSyntax: true,
    },
  };
  const problems = await Promise.all(
    Object.entries(variants).map(async ([variant, options]) => {
      const files = ["esm.mts", variant === "node16" && "cjs.cts", ...exampleFiles];
      const config = {
        compilerOptions: { ...compilerOptions, ...options },
        files: files.filter(Boolean),
      };
      await write(`tsconfig.${variant}.json`, JSON.stringify(config));
      const output = await compile(join(project, `tsconfig.${variant}.json`));
      return output && `moduleResolution ${variant}:\n${output}`;
    }),
  );
  return problems.join("");
}

/**
 * The ```ts blocks of a README. What one takes for granted (`model`, `images`) is declared in a comment before it,
 * which readers do not see: `<!-- ts`, the lines, `-->`.
 */
function readExamples(path) {
  if (!existsSync(`${path}/README.md`)) return [];
  const text = readFileSync(`${path}/README.md`, "utf8");
  return [...text.matchAll(/(?:^<!-- ts\n(.*?)^-->\n\n)?^```ts\n(.*?)^```$/gms)].map(
    ([, hidden = "", code]) => hidden + code,
  );
}

async function runExample(project, example) {
  const { code } = await transform(example, { loader: "ts", format: "esm", target: "node20" });
  await writeFile(join(project, "example.mjs"), code);
  const { ok, output } = await run("node", ["example.mjs"], project);
  return ok ? "" : `Its first \`\`\`ts block fails:\n${output}`;
}

async function report() {
  const checks =
    "packed publint types installs imports declares describes bundles engine compiles README follows".split(
      " ",
    );
  const rows = [["package", ...checks, "installs kB", "limit kB"]];
  const problems = [];
  for (const [name, result] of results) {
    const mark = (title) => {
      const problem = result.problems[title];
      return problem === undefined ? "-" : problem === "" ? "ok" : "FAILS";
    };
    rows.push([
      name,
      ...checks.map(mark),
      `${result.kilobytes ?? "-"}${mark("weighs") === "FAILS" ? " !" : ""}`,
      String(limits[name] ?? "-"),
    ]);
    for (const [title, problem] of Object.entries(result.problems))
      if (problem !== "") problems.push(`\n${name}, ${title}:\n${problem.trimEnd()}`);
  }
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  for (const row of rows)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column]))
        .join("  ")
        .trimEnd(),
    );
  console.log(`${results.size} packages in ${((Date.now() - started) / 1000).toFixed(1)} s`);
  if (problems.length > 0) fail(problems.join("\n"));
  await rm(folder, { recursive: true });
}
