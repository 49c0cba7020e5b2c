// Fields that editors would show without a word: of the layers' configs, and of whatever options a public
// function takes. Prints them by their types, and exits with 1 if there are any.
//   node scripts/described.mjs packages/models/dist/index.d.ts     as users meet them, after a build
//   node scripts/described.mjs packages/models/src/index.ts        before one
import { fileURLToPath } from "node:url";
import { resolve } from "node:path";
import ts from "typescript";

const base = fileURLToPath(new URL("../tsconfig.base.json", import.meta.url));

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { text, missing } = described(process.argv.slice(2).map((file) => resolve(file)));
  console.log(text);
  process.exitCode = missing === 0 ? 0 : 1;
}

/**
 * @param {readonly string[]} files whole paths
 * @param {(options: object) => object} [hostOf] reads files
 * @returns {{ text: string, missing: number }} the fields without a word, and how many
 */
export function described(files, hostOf = ts.createCompilerHost) {
  const { compilerOptions } = ts.readConfigFile(base, ts.sys.readFile).config;
  const { options } = ts.convertCompilerOptionsFromJson(compilerOptions, resolve(base, ".."));
  // What is built finds the packages that are installed beside it.
  if (files.every((file) => file.endsWith(".d.ts"))) delete options.paths;
  const all = { ...options, noEmit: true, skipLibCheck: true };
  const program = ts.createProgram(files, all, hostOf(all));
  const checker = program.getTypeChecker();

  const missing = new Set();
  // A type's fields are listed once.
  const walked = new Set();
  for (const file of files) {
    const source = program.getSourceFile(file);
    if (!source) throw new Error(`There is no ${file}.`);
    for (const symbol of checker.getExportsOfModule(checker.getSymbolAtLocation(source)))
      walk(symbol);
  }
  const lines = [...missing].map((field) => `${field} is not described`);
  lines.push(`${walked.size} types of configs and options, ${missing.size} fields not described`);
  return { text: lines.join("\n"), missing: missing.size };

  function walk(exported) {
    const symbol =
      exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
    if (symbol.flags & (ts.SymbolFlags.Interface | ts.SymbolFlags.TypeAlias)) {
      const type = checker.getDeclaredTypeOfSymbol(symbol);
      if (symbol.name.endsWith("Options")) describe(type, symbol.name);
      // A config a layer, by class name.
      if (symbol.name === "LayerConfigs")
        for (const layer of type.getProperties())
          describe(checker.getTypeOfSymbol(layer), `${symbol.name}.${layer.name}`);
    } else if (symbol.flags & ts.SymbolFlags.Value)
      for (const signature of checker.getTypeOfSymbol(symbol).getCallSignatures()) {
        // `@param options.alpha share of the rate that remains`
        const tags = [...signature.getJsDocTags(), ...symbol.getJsDocTags(checker)]
          .filter((tag) => tag.name === "param")
          .map((tag) => /^\w+\.(\w+)\s+\S/.exec(ts.displayPartsToString(tag.text))?.[1]);
        for (const parameter of signature.getParameters())
          // One that is taken apart at once has no name.
          if (/options$/i.test(parameter.name) || parameter.name.startsWith("__"))
            describe(checker.getTypeOfSymbol(parameter), `${symbol.name}()`, new Set(tags));
      }
  }

  function describe(type, path, tags = new Set()) {
    if (type.isUnion()) return type.types.forEach((one) => describe(one, path, tags));
    const named = type.aliasSymbol?.name ?? type.symbol?.name ?? "";
    if (!(type.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection))) return;
    if (walked.has(type) || type.getCallSignatures().length > 0 || checker.isArrayType(type))
      return;
    walked.add(type);
    const title =
      path.startsWith("LayerConfigs") || named.startsWith("__") || !named ? path : named;
    for (const field of type.getProperties()) {
      // Not what the language declares.
      const from = field.declarations?.[0]?.getSourceFile();
      if (from && program.isSourceFileDefaultLibrary(from)) continue;
      if (field.getDocumentationComment(checker).length === 0 && !tags.has(field.name))
        missing.add(`${title}.${field.name}`);
    }
  }
}
