// Prints by how many MB the process grew while it opened and disposed 150 sessions of 4 MB each: in a
// process of its own, where nothing else takes or frees memory.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { tensor } from "@cajal/core";
import { GraphBuilder } from "@cajal/onnx";
import { open } from "../src/open";
import type { Session } from "../src/session/session";

const g = new GraphBuilder();
const kernel = g.initializer("kernel", tensor("float32", [1024, 1024])); // 4 MB
g.output(g.matMul(g.input("x", "float32", ["n", 1024]), kernel), "y");
const graph = g.build();
setFlagsFromString("--expose-gc");
const collect: () => void = runInNewContext("gc");
// Kept, so that what dispose() does not free stays: the collector would free it as well.
const sessions: Session[] = [];

async function rss(times: number): Promise<number> {
  for (let i = 0; i < times; i++) {
    const session = await open(graph);
    sessions.push(session);
    if (!process.argv.includes("left")) await session.dispose();
  }
  collect();
  return process.memoryUsage().rss / 2 ** 20;
}

const before = await rss(50);
console.log((await rss(150)) - before);
process.exit(); // without waiting for what was left open
