#!/usr/bin/env node
// The command line `cajal`: its commands, their options and help. What a command does lies in
// commands/ and is imported when it is called, so that none waits for another's engines.
import { Argument, Command, CommanderError, InvalidArgumentError, Option } from "commander";
import type { CacheAction } from "./commands/cache";
import type { CompareOptions } from "./commands/compare";
import type { ConvertOptions } from "./commands/convert";
import type { ExplainOptions } from "./commands/explain";
import type { LearnOptions } from "./commands/learn";
import type { PredictOptions } from "./commands/predict";
import type { SpeedOptions } from "./commands/speed";
import type { TableOptions } from "./commands/table";
import type { TransferOptions } from "./commands/transfer";
import { type CommonOptions, type Context, exitCode, type Outcome, withContext } from "./context";
import { cajalVersion } from "./measure/cajalVersion";
import { scheduleNames } from "./choices/scheduleNames";

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
  cajal learn --dataset mnist             train one yourself
  cajal transfer --data flowers           a network that tells your pictures apart
  cajal speed --engines onnx,tfjs         how fast, on which engine
  cajal compare before.json after.json    what became slower or worse

All take --json (JSON on standard output, nothing else), --out, --seed and --help.
Exit codes: 0 done; 1 it failed, a check did not hold or a regression was found; 2 the call was wrong.
Peers: engines are installed beside Cajal as you need them, e.g. npm install onnxruntime-node --ignore-scripts`,
  );

command("run", "run a suite and write a report: data to learning to engines", {
  out: new Option("--out <folder>", "where the report goes").default("cajal-report"),
  examples: [
    ["cajal run", "the suite on embedded data; nothing is downloaded"],
    ["cajal run --seed 7 --out seven", "another seed, another folder"],
    ["cajal run --json > records.jsonl", "the measurements, one JSON line each"],
  ],
})
  .argument("[suite]", "which suite", "embedded")
  .action(
    act(
      async (context, { out }: CommonOptions & { out: string }, suite: string) => {
        const { run } = await import("./commands/run");
        return run(context, suite, { out });
      },
      { out: "folder" },
    ),
  );

command("table", "size, parameters, depth and cost of networks, published accuracy", {
  examples: [
    ["cajal table", "the ten networks of Keras' table, and the LeNets"],
    ["cajal table --all", "and the deeper ones, MobileNetV2 and the rest"],
    ["cajal table lenet5 mobilenet", "some of them"],
    ["cajal table model.keras net.onnx", "your own: Keras, TF.js, ONNX, safetensors"],
    ["cajal table --markdown > table.md", "for a README"],
  ],
})
  .argument("[models...]", "names of networks, or files")
  .option("--all", "all networks that Cajal builds")
  .option("--markdown", "a Markdown table")
  .action(
    act(async (context, options: TableOptions, models: string[]) => {
      const { table } = await import("./commands/table");
      return table(context, models, options);
    }),
  );

command("learn", "train a network on a data set", {
  examples: [
    ["cajal learn", "LeNet-5 learns the embedded digits"],
    ["cajal learn --dataset mnist", "MNIST, fetched once and kept"],
    ["cajal learn --model convnet --dataset cifar10", "a network with batch normalization"],
    ["cajal learn --checkpoint run1 --resume", "goes on where it was interrupted"],
  ],
})
  .option("--model <name>", "network", "lenet5")
  .option("--dataset <name>", "data set", "digits")
  .option("--data <folder>", "folder with the data set's files; without it they are fetched")
  .addOption(number("--epochs <n>", "passes over the data; default: the data set's", { least: 1 }))
  .addOption(number("--batch <n>", "examples a step; default: the data set's", { least: 1 }))
  .option("--optimizer <name>", "optimizer", "adam")
  .addOption(
    fraction(
      "--learning-rate <rate>",
      "the largest; default: the data set's for adam, else the optimizer's",
    ),
  )
  .addOption(
    new Option("--schedule <name>", "of the learning rate, over the whole run")
      .choices([...scheduleNames])
      .default("cosine"),
  )
  .option("--no-augment", "learn the images as they are, not moved or mirrored at random")
  .option("--engine <name>", "engine; default: the fastest that trains")
  .option("--device <name>", "device of the engine", "auto")
  .option("--checkpoint <folder>", "keeps the state there after every epoch")
  .option("--save <file>", "writes the trained model there: config, weights and labels in one file")
  .option("--resume", "goes on from the checkpoint; give the same options again")
  .action(
    act(async (context, options: LearnOptions) => {
      const { learn } = await import("./commands/learn");
      return learn(context, options);
    }),
  );

command("transfer", "a folder of class folders becomes a network that tells them apart", {
  out: new Option(
    "--out <folder>",
    "model, ONNX file and report go there; given again it goes on",
  ).default("cajal-transfer"),
  examples: [
    [
      "cajal transfer --data flowers --model MobileNet",
      "flowers/rose/1.jpg, flowers/tulip/1.jpg …",
    ],
    ["cajal transfer --data faces --model mine.keras --size 160", "on a model of your own"],
    ["cajal transfer --data flowers --model ResNet50 --epochs 20,0", "the head alone"],
  ],
})
  .requiredOption("--data <folder>", "a folder with a folder of pictures for each class")
  .option("--model <name>", "a network with published weights, or a file", "MobileNet")
  .option("--preprocess <kind>", "how pixels become a file's input: tf, caffe or torch")
  .addOption(
    list("--epochs <head,upper>", "passes with the head alone, then with upper layers too").default(
      ["15", "5"],
    ),
  )
  .option(
    "--from <layer>",
    "the first of the upper layers; default: those after the first two thirds",
  )
  .option("--layer <name>", "the layer whose output is the features")
  .addOption(
    number("--size <n>", "height and width of pictures; default: the network's", { least: 32 }),
  )
  .addOption(number("--batch <n>", "pictures a step", { least: 1 }).default(16))
  .addOption(
    fraction("--hold-out <share>", "of the pictures, to be told apart at the end").default(0.2),
  )
  .action(
    act(
      async (context, options: TransferOptions) => {
        const { transfer } = await import("./commands/transfer");
        return transfer(context, options);
      },
      { out: "folder" },
    ),
  );

command("predict", "what a network reads in pictures", {
  examples: [
    ["cajal predict cat.jpg", "ImageNet's classes, by MobileNet"],
    ["cajal predict *.jpg --model cajal-transfer/model.keras --top 1", "by a model of your own"],
  ],
})
  .argument("<images...>", "files")
  .option("--model <name>", "a network with published weights, or a file", "MobileNet")
  .addOption(number("--top <n>", "answers an image", { least: 1 }).default(5))
  .option("--preprocess <kind>", "how pixels become a file's input: tf, caffe or torch")
  .action(
    act(async (context, options: PredictOptions, images: string[]) => {
      const { predict } = await import("./commands/predict");
      return predict(context, images, options);
    }),
  );

command("convert", "a model from any format to any other", {
  examples: [
    ["cajal convert model.h5 model.onnx", "Keras to ONNX"],
    ["cajal convert web/model.json model.keras", "TF.js to Keras"],
    ["cajal convert model.keras web/model.json", "and back"],
  ],
})
  .argument("<from>", "model of Keras, TF.js, or safetensors of Cajal")
  .argument("<into>", "file; its ending says the format")
  .option(
    "--int8 [folder]",
    "a smaller ONNX file: int8 weights; of pictures in class folders, activations too",
  )
  .option("--float16", "a smaller ONNX file: weights in half precision")
  .option("--preprocess <kind>", "how pixels become a file's input: tf, caffe or torch")
  .option("--to <format>", "keras, h5, weights.h5, tfjs, onnx, safetensors, npz")
  .action(
    act(async (context, options: ConvertOptions, from: string, into: string) => {
      const { convert } = await import("./commands/convert");
      return convert(context, from, into, options);
    }),
  );

command("speed", "time prediction or training, each in a process of its own", {
  examples: [
    ["cajal speed --devices all", "LeNet-5, one prediction, every device of ONNX Runtime"],
    ["cajal speed --models mobilenet,resnet50 --batch 1,8", "two networks, two batch sizes"],
    ["cajal speed --engines onnx,tfjs --devices all", "engines against each other"],
    ["cajal speed --phase train --models lenet5 --batch 64 --json", "training steps, as records"],
  ],
})
  .addOption(
    new Option("--phase <phase>", "what is timed").choices(["predict", "train"]).default("predict"),
  )
  .addOption(list("--models <names>", "networks, separated by commas").default(["lenet5"]))
  .addOption(list("--engines <names>", "engines").default(["onnx"]))
  .addOption(list("--devices <names>", "devices, or all that are available").default(["auto"]))
  .addOption(
    list("--batch <sizes>", "batch sizes; default 1 to predict; to train 64, large networks 8"),
  )
  .addOption(number("--rounds <n>", "turns that each has", { least: 1 }).default(5))
  .addOption(number("--threads <n>", "threads of an engine that has them", { least: 1 }))
  .action(
    act(async (context, options: SpeedOptions) => {
      const { speed } = await import("./commands/speed");
      return speed(context, options);
    }),
  );

command(
  "explain",
  "what a network looks at: maps of images by several methods, and how good these are",
  {
    out: new Option("--out <folder>", "where page, pictures and graphs go").default(
      "cajal-explain",
    ),
    examples: [
      [
        "cajal explain cat.jpg --model MobileNet",
        "Grad-CAM and integrated gradients of its top class",
      ],
      ["cajal explain *.jpg --model net.onnx --class 3", "an exported network of yours"],
      ["cajal explain cat.jpg --model model.keras --method lrp,occlusion", "other methods"],
      ["cajal explain cat.jpg --model net.onnx --onnx", "the methods as ONNX files, too"],
    ],
  },
)
  .argument("<images...>", "image files")
  .requiredOption("--model <name|file>", "a published network, or a file: ONNX, Keras, TF.js")
  .addOption(list("--method <names>", "methods").default(["grad-cam", "integrated-gradients"]))
  .addOption(
    number("--class <n>", "the class explained; default: each image's top one", { least: 0 }),
  )
  .option("--layer <name>", "the layer of class activation maps; default: the last before pooling")
  .addOption(
    new Option(
      "--preprocessing <name>",
      "what pixels become; default: the network's own, or tf (−1 … 1)",
    ).choices(["caffe", "tf", "torch", "unit"]),
  )
  .option("--no-metrics", "leaves out deletion, insertion and ROAD, which take most of the time")
  .option("--onnx", "writes methods that are graphs as ONNX files")
  .action(
    act(
      async (context, options: ExplainOptions, images: string[]) => {
        const { explain } = await import("./commands/explain");
        return explain(context, images, options);
      },
      { out: "folder" },
    ),
  );

command("devices", "what this machine can run on, and why not on the rest", {
  examples: [["cajal devices --json", "for a program"]],
}).action(
  act(async (context) => {
    const { devices } = await import("./commands/devices");
    return devices(context);
  }),
);

command("compare", "compare two runs: what became slower, larger or less accurate", {
  examples: [
    ["cajal compare before.json after.json", "reports, or records as JSON lines"],
    ["cajal compare before.jsonl after.jsonl --threshold 0.05", "5 % slower is a regression"],
  ],
})
  .argument("<before>", "report.json, or records")
  .argument("<after>", "the same of another run")
  .addOption(
    fraction("--threshold <share>", "what counts: 0.1 is 10 % slower or 10 % more memory").default(
      0.1,
    ),
  )
  .addOption(
    fraction("--accuracy-threshold <share>", "what counts of accuracy, in its own units").default(
      0.005,
    ),
  )
  .action(
    act(async (context, options: CompareOptions, before: string, after: string) => {
      const { compare } = await import("./commands/compare");
      return compare(context, before, after, options);
    }),
  );

command("datasets", "the data sets that have a name: cards, fetching, places", {
  examples: [
    ["cajal datasets", "all of them"],
    ["cajal datasets mnist", "what is known of one: files, mirrors, classes, licence"],
    ["cajal datasets mnist get", "fetches and checks it"],
    ["cajal datasets mnist where", "where its files lie"],
  ],
})
  .argument("[name]", "which data set")
  .addArgument(
    new Argument("[action]", "what to do").choices(["card", "get", "where"]).default("card"),
  )
  .action(
    act(
      async (
        context,
        _options: CommonOptions,
        name: string | undefined,
        action: "card" | "get" | "where",
      ) => {
        const { datasets } = await import("./commands/datasets");
        return datasets(context, name, action);
      },
    ),
  );

command("cache", "the folder of fetched files", {
  examples: [
    ["cajal cache", "what it holds"],
    ["cajal cache where", "where it is"],
    ["cajal cache verify", "reads every file of a known data set and compares its hash"],
    ["cajal cache prune", "removes what interrupted downloads have left"],
    ["cajal cache clear", "empties it"],
  ],
})
  .addArgument(
    new Argument("[action]", "what to do")
      .choices(["list", "where", "verify", "prune", "clear"])
      .default("list"),
  )
  .action(
    act(async (context, _options: CommonOptions, action: CacheAction) => {
      const { cache } = await import("./commands/cache");
      return cache(context, action);
    }),
  );

command("worker", "measure one thing on command: what speed starts, one process each", {
  examples: [
    [
      `cajal worker '{"phase":"predict","model":"lenet5","engine":"onnx","device":"cpu","batch":1}'`,
      "then numbers on standard input: so many timed steps",
    ],
  ],
})
  .argument("<job>", "what to measure, as JSON")
  .action(
    act(async (context, _options: CommonOptions, job: string) => {
      const { worker } = await import("./commands/worker");
      return worker(context, job);
    }),
  );

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // The reader went away (`cajal table | head`): nobody is left to tell.
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

void main();

async function main(): Promise<void> {
  if (process.argv.length <= 2) return program.outputHelp();
  try {
    await program.parseAsync(process.argv);
  } catch (error) {
    // Commander has said what is wrong with the call; asking for help or the version is no wrong.
    process.exitCode = !(error instanceof CommanderError)
      ? exitCode(error)
      : error.exitCode === 0
        ? 0
        : 2;
  }
}

function command(
  name: string,
  summary: string,
  { out, examples }: { out?: Option; examples: readonly (readonly [string, string])[] },
): Command {
  const width = Math.max(...examples.map(([call]) => call.length));
  return program
    .command(name)
    .summary(summary)
    .description(`${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`)
    .option("--json", "JSON on standard output, nothing else")
    .addOption(out ?? new Option("--out <file>", "the answer goes there"))
    .addOption(number("--seed <n>", "of all that is random", { least: 0 }).default(42))
    .addHelpText(
      "after",
      `\nExamples:\n${examples.map(([call, does]) => `  ${call.padEnd(width)}   ${does}`).join("\n")}`,
    );
}

/**
 * A command's action: what it works with comes first, then its options, then its arguments.
 * Where it answers "failed", the call was right and the thing itself was not.
 */
function act<Options extends CommonOptions, Arguments extends unknown[]>(
  body: (context: Context, options: Options, ...args: Arguments) => Promise<Outcome>,
  { out = "file" }: { out?: "file" | "folder" } = {},
) {
  return async (...given: unknown[]): Promise<void> => {
    // Commander gives the arguments, the options and the command.
    const args = given.slice(0, -2) as Arguments;
    const options = given.at(-2) as Options;
    await withContext({ ...options, out: out === "file" ? options.out : undefined }, (context) =>
      body(context, options, ...args),
    );
  };
}

function number(flags: string, description: string, { least }: { least: number }): Option {
  return new Option(flags, description).argParser((text) => {
    const value = Number(text);
    if (text.trim() === "" || !Number.isSafeInteger(value) || value < least)
      throw new InvalidArgumentError(`Expected a whole number of at least ${least}.`);
    return value;
  });
}

function fraction(flags: string, description: string): Option {
  return new Option(flags, description).argParser((text) => {
    const value = Number(text);
    if (text.trim() === "" || !Number.isFinite(value) || value < 0)
      throw new InvalidArgumentError("Expected a number of at least 0.");
    return value;
  });
}

function list(flags: string, description: string): Option {
  return new Option(flags, description).argParser((text) => {
    const names = text.split(",").map((name) => name.trim());
    if (names.includes("")) throw new InvalidArgumentError("Expected names separated by commas.");
    return names;
  });
}
