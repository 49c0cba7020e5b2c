import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { asTyped } from "./asTyped";

const options = { data: "my cats' photos", model: "a`b $HOME.keras", epochs: [15, 5], from: undefined, seed: 42 }; // prettier-ignore

it("writes options as they are typed, in quotes where a shell would take them apart", () => {
  const typed = asTyped(options);
  expect(typed).toBe(
    "--data 'my cats'\\'' photos' --model 'a`b $HOME.keras' --epochs 15,5 --seed 42",
  );
  if (process.platform === "win32") return;
  const words = execFileSync("sh", ["-c", `printf '%s\\n' ${typed}`], { encoding: "utf8" });
  expect(words.trim().split("\n")).toEqual(["--data", options.data, "--model", options.model, "--epochs", "15,5", "--seed", "42"]); // prettier-ignore
});
