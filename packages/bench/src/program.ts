// The command line `cajal`; each command is defined in its file in commands/. What the help does not need is imported
// when it is needed.
import { Command, CommanderError } from "commander";
import { commands } from "./commands";
import { cajalVersion } from "./measure/cajalVersion";

const program = new Command("cajal")
  .description("Deep learning for TypeScript: runs, times and compares networks on every engine.")
  .version(cajalVersion)
  .exitOverride()
  .showSuggestionAfterError()
  .configureHelp({ sortOptions: false, showGlobalOptions: true })
  .addHelpText(
    "after",
    `
Begin here:
  cajal run                               a network learns handwritten digits; see cajal-report/report.html
  cajal devices                           what this machine can run on, and why not on the rest
  cajal table                             size, parameters, depth and cost of the networks
  cajal run table --device gpu            the same measured, on your graphics card
  cajal learn --dataset mnist             train one yourself
  cajal transfer --data flowers           a network that tells your pictures apart
  cajal speed --engines onnx,tfjs         how fast, on which engine
  cajal compare before.json after.json    what became slower or worse

All take --json (JSON on standard output, nothing else), --out, --seed and --help.
Exit codes: 0 done; 1 it failed, a check did not hold or a regression was found; 2 the call was wrong.
Peers: engines are installed beside Cajal as you need them, e.g. npm install onnxruntime-node --ignore-scripts`,
  );

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // The reader of the pipe has ended (`cajal table | head`).
  if (error.code === "EPIPE") process.exit(0);
  process.stderr.write(`cajal: writing to standard output failed: ${error.message}.\n`);
  process.exit(1);
});

void main();

async function main(): Promise<void> {
  // `cajal help run` needs the full definition of run, too.
  const [first = "", second = ""] = process.argv.slice(2).filter((word) => !word.startsWith("-"));
  const called = first === "help" ? second : first;
  try {
    for (const [name, { summary, load }] of Object.entries(commands))
      if (name === called) {
        const { addCommand } = await import("./commands/shared/defineCommand");
        addCommand(program, await load(), summary);
      } else program.command(name).summary(summary);
    if (process.argv.length <= 2) return program.outputHelp();
    await program.parseAsync(process.argv);
  } catch (error) {
    // Commander has printed what is wrong with the call; help and version are not errors.
    process.exitCode =
      error instanceof CommanderError
        ? error.exitCode === 0
          ? 0
          : 2
        : (await import("./context")).exitCode(error);
  }
}
