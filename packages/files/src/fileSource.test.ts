// A file is closed with its source, and when nobody has that any more.
import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { dirname } from "node:path";
import { expect, it } from "vitest";
import { bundle } from "../../core/testing/bundle";

// Open files are counted where Linux lists them.
it.skipIf(process.platform !== "linux")(
  "closes files that nobody has any more, without Node's warning, and not while they are read",
  async () => {
    const program = await bundle(new URL("../testing/dropSources.ts", import.meta.url));
    const out = execFileSync(process.execPath, ["--expose-gc", "--throw-deprecation", program], { encoding: "utf8" }); // prettier-ignore
    rmSync(dirname(program), { recursive: true });
    expect(out).toBe("read 64 times, 0 files are open\n");
  },
);
