// Defines a command of `cajal`: one record with its name, help, arguments, options and action.
import { Argument, type Command, Option } from "commander";
import { type Context, type Outcome, withContext } from "../../context";
import { number, type Parameter, type Parameters, type ValuesOf } from "./parameters";

export interface CommandDefinition<Values = never> {
  readonly name: string;
  /** Example calls, and what each does. */
  readonly examples: readonly (readonly [call: string, does: string])[];
  readonly arguments?: Parameters;
  /** By the names that `run` receives: `learningRate` is `--learning-rate`. */
  readonly options?: Parameters;
  /** Default folder that the command writes to; without it `--out` is a file for the command's output. */
  readonly out?: Parameter<string>;
  /** @returns "failed" where the call was valid and its result is negative, such as a failed check */
  run(context: Context, values: Values): Promise<Outcome>;
}

/** Types the argument of `run` by the record's arguments and options, which are passed as one object. */
export const defineCommand = <
  A extends Parameters = Record<never, never>,
  O extends Parameters = Record<never, never>,
  F extends Parameter<string> | undefined = undefined,
>(
  definition: Omit<CommandDefinition, "run"> & {
    readonly arguments?: A;
    readonly options?: O;
    readonly out?: F;
  } & Pick<
      CommandDefinition<
        ValuesOf<A> &
          ValuesOf<O> &
          (F extends Parameter<string> ? { readonly out: string } : unknown)
      >,
      "run"
    >,
): typeof definition => definition;

/** Adds a command to commander's program. */
export function addCommand(program: Command, definition: CommandDefinition, summary: string): void {
  const { name, examples, out } = definition;
  const width = Math.max(...examples.map(([call]) => call.length));
  const command = program
    .command(name)
    .summary(summary)
    .description(`${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`)
    .option("--json", "JSON on standard output, nothing else")
    .addOption(optionOf("out", out ?? { placeholder: "<file>", help: "the answer goes there" }))
    .addOption(optionOf("seed", number("<n>", "of all that is random", { least: 0, default: 42 })))
    .addHelpText(
      "after",
      `\nExamples:\n${examples.map(([call, does]) => `  ${call.padEnd(width)}   ${does}`).join("\n")}`,
    );
  const names = Object.keys(definition.arguments ?? {});
  for (const [each, parameter] of Object.entries(definition.arguments ?? {}))
    command.addArgument(argumentOf(each, parameter));
  for (const [each, parameter] of Object.entries(definition.options ?? {}))
    command.addOption(optionOf(each, parameter));
  command.action(async (...values: unknown[]) => {
    // Commander passes the arguments, then the options, then the command.
    const options = values[names.length] as { json?: boolean; out?: string; seed: number };
    const args = Object.fromEntries(names.map((each, i) => [each, values[i]]));
    await withContext({ ...options, out: out === undefined ? options.out : undefined }, (context) =>
      definition.run(context, { ...options, ...args } as never),
    );
  });
}

function optionOf(name: string, parameter: Parameter<unknown>): Option {
  const { help, placeholder, required, choices, negated, parse } = parameter;
  const kebab = name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const flags = [`--${negated ? "no-" : ""}${kebab}`, placeholder].filter(Boolean).join(" ");
  const option = new Option(flags, help);
  if (choices !== undefined) option.choices([...choices]);
  if (parse !== undefined) option.argParser(parse);
  if (parameter.default !== undefined) option.default(parameter.default);
  return option.makeOptionMandatory(required === true);
}

function argumentOf(name: string, parameter: Parameter<unknown>): Argument {
  const { help, required = false, many = false, choices } = parameter;
  const inner = `${name}${many ? "..." : ""}`;
  const argument = new Argument(required ? `<${inner}>` : `[${inner}]`, help);
  if (choices !== undefined) argument.choices([...choices]);
  if (parameter.default !== undefined) argument.default(parameter.default);
  return argument;
}
