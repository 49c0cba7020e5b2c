// Opens this program's file 64 times, drops each source while it is read, and counts those that stay open.
import { readdirSync, readlinkSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { setTimeout as after } from "node:timers/promises";
import { fileSource } from "../src/node";

const path = fileURLToPath(import.meta.url);
const links = () =>
  readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === path;
    } catch {
      return false;
    }
  });
let times = 0;
const reads = Array.from({ length: 64 }, async () => {
  const read = (await fileSource(path)).read(0, 1000);
  globalThis.gc!();
  if ((await read).length === 1000) times++;
});
await Promise.all(reads);
for (let i = 0; i < 20 && links().length > 0; i++) {
  globalThis.gc!();
  await after(20);
}
console.log(`read ${times} times, ${links().length} files are open`);
