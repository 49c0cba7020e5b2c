// `tsc -p` for users' projects, in a thread: the compiler is loaded once, and its library and Node's types are read
// once for all of them. These two are not checked anew in every project. So are checks of what declarations describe.
import { dirname } from "node:path";
import ts from "typescript";
import { described } from "./described.mjs";
import { answer, thread } from "./thread.mjs";

const { ask, end } = thread(import.meta.url);

/**
 * @param {string} path of a tsconfig.json
 * @returns {Promise<string>} what the compiler says; "" for nothing
 */
export const compile = (path) => ask({ path });

/**
 * @param {readonly string[]} files declarations
 * @returns {Promise<string>} the fields that they do not describe; "" for none
 */
export const describing = (files) => ask({ files });

export const endCompiler = end;

answer(({ path, files }) => (path ? problemsOf(path) : undescribed(files)));

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

function undescribed(files) {
  const { text, missing } = described(files, (options) => sharingHost(options, dirname(files[0])));
  return missing === 0 ? "" : text;
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
