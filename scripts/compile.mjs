// `tsc -p` for users' projects, in a thread: the compiler is loaded once, and its library and Node's types are read
// once for all of them. These two are not checked anew in every project.
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker, isMainThread, parentPort } from "node:worker_threads";
import ts from "typescript";

const waiting = new Map();
let worker;

/**
 * @param {string} path of a tsconfig.json
 * @returns {Promise<string>} what the compiler says; "" for nothing
 */
export function compile(path) {
  worker ??= new Worker(fileURLToPath(import.meta.url))
    .on("message", ({ path: done, problems }) => {
      waiting.get(done).resolve(problems);
      waiting.delete(done);
    })
    .on("error", (error) => {
      for (const { reject } of waiting.values()) reject(error);
    });
  return new Promise((resolve, reject) => {
    waiting.set(path, { resolve, reject });
    worker.postMessage(path);
  });
}

/** Ends the thread, which would keep the process alive. */
export const endCompiler = () => worker?.terminate();

if (!isMainThread)
  parentPort.on("message", (path) => parentPort.postMessage({ path, problems: problemsOf(path) }));

/** Files that all projects have in common, by what they are read for. */
const shared = new Map();

function problemsOf(path) {
  const { config, error } = ts.readConfigFile(path, ts.sys.readFile);
  if (error) return format([error]);
  const parsed = ts.parseJsonConfigFileContent(config, ts.sys, dirname(path));
  const program = ts.createProgram({
    rootNames: parsed.fileNames,
    options: parsed.options,
    host: sharingHost(parsed.options, dirname(path)),
    configFileParsingDiagnostics: parsed.errors,
  });
  const files = program.getSourceFiles().filter(({ fileName }) => !isCommon(fileName));
  return format([
    ...program.getConfigFileParsingDiagnostics(),
    ...program.getOptionsDiagnostics(),
    ...program.getGlobalDiagnostics(),
    ...files.flatMap((file) => [
      ...program.getSyntacticDiagnostics(file),
      ...program.getSemanticDiagnostics(file),
    ]),
  ]);
}

const isCommon = (name) => /\/node_modules\/(typescript|@types\/node|undici-types)\//.test(name);

function sharingHost(options, folder) {
  const host = ts.createCompilerHost(options);
  const read = host.getSourceFile;
  host.getCurrentDirectory = () => folder;
  host.getSourceFile = (name, version, ...rest) => {
    if (!isCommon(name)) return read(name, version, ...rest);
    const key = JSON.stringify([name, version, options.module, options.moduleResolution]);
    if (!shared.has(key)) shared.set(key, read(name, version, ...rest));
    return shared.get(key);
  };
  return host;
}

const format = (diagnostics) =>
  ts.formatDiagnostics(diagnostics, {
    getCurrentDirectory: () => "",
    getCanonicalFileName: (name) => name,
    getNewLine: () => "\n",
  });
