import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { describe, expect, expectTypeOf, it } from "vitest";
import { commands } from ".";
import { addCommand, defineCommand } from "./shared/defineCommand";
import {
  argument,
  choice,
  flag,
  list,
  negatedFlag,
  number,
  numbers,
  text,
} from "./shared/parameters";

it("lists every command of the folder, by its name", async () => {
  const files = readdirSync(fileURLToPath(new URL(".", import.meta.url)))
    .filter((file) => /^[a-z]+\.ts$/i.test(file) && file !== "index.ts")
    .map((file) => file.slice(0, -3));
  expect(Object.keys(commands).toSorted()).toEqual(files.toSorted());
  for (const [name, { load }] of Object.entries(commands)) expect((await load()).name).toBe(name);
});

describe("a command", () => {
  const parsed: object[] = [];
  const tea = defineCommand({
    name: "tea",
    examples: [["cajal tea green", "a cup"]],
    arguments: { kind: argument("which", { required: true }), cup: argument("where to") },
    options: {
      waterTemperature: number("<n>", "degrees", { least: 0, default: 80 }),
      size: choice("of the cup", ["small", "large"], { placeholder: "<size>" }),
      herbs: list("<names>", "herbs"),
      milk: flag("with milk"),
      sugar: negatedFlag("without sugar"),
      note: text("<text>", "a note", { default: "" }),
      minutes: numbers("<n,n>", "how long, and again", { least: 0, count: 2 }),
    },
    async run(_context, values) {
      expectTypeOf(values.kind).toEqualTypeOf<string>();
      expectTypeOf(values.cup).toEqualTypeOf<string | undefined>();
      expectTypeOf(values.waterTemperature).toEqualTypeOf<number>();
      expectTypeOf(values.size).toEqualTypeOf<"small" | "large" | undefined>();
      expectTypeOf(values.herbs).toEqualTypeOf<readonly string[] | undefined>();
      expectTypeOf(values.milk).toEqualTypeOf<boolean | undefined>();
      expectTypeOf(values.sugar).toEqualTypeOf<boolean>();
      expectTypeOf(values.note).toEqualTypeOf<string>();
      parsed.push(values);
    },
  });
  const call = async (...words: string[]) => {
    const program = new Command("cajal")
      .exitOverride()
      .configureOutput({ writeErr: () => {}, writeOut: () => {} });
    addCommand(program, tea, "makes tea");
    program.commands[0]!.exitOverride();
    await program.parseAsync(["node", "cajal", "tea", ...words]);
    return parsed.pop();
  };

  it("gets arguments and options by the names of its record", async () => {
    const usual = { kind: "green", waterTemperature: 80, sugar: true, note: "", seed: 42 };
    expect(await call("green")).toEqual(usual);
    const words = [
      "--water-temperature",
      "70",
      "--size",
      "large",
      "--herbs",
      "mint, sage",
      "--minutes",
      "3, 0",
    ];
    expect(await call("green", "here", ...words, "--milk", "--no-sugar")).toEqual({
      ...usual,
      cup: "here",
      waterTemperature: 70,
      size: "large",
      herbs: ["mint", "sage"],
      minutes: [3, 0],
      milk: true,
      sugar: false,
    });
  });

  it("is not run where the call is wrong", async () => {
    for (const words of [
      [],
      ["green", "--water-temperature", "-1"],
      ["green", "--size", "huge"],
      ["green", "--herbs", "mint,"],
      ["green", "--minutes", "3"],
      ["green", "--minutes", "3,x"],
      ["green", "--minutes", "3,"],
      ["green", "--minutes", "3,-1"],
      ["green", "--minutes", "3,1,2"],
      ["green", "--waterTemperature", "70"],
    ])
      await expect(call(...words), words.join(" ")).rejects.toMatchObject({ exitCode: 1 });
    expect(parsed).toEqual([]);
  });
});
