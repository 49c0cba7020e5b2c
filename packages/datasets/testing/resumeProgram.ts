// Prints a hash of every batch of a pass, in a process of its own: MODULE WORKERS EPOCH START
import { createHash } from "node:crypto";
import { inWorkers } from "../src/inWorkers";

const [module = "", workers, epoch, start] = process.argv.slice(2);
await using data = await inWorkers(module, { workers: Number(workers) });
for await (const batch of data.batches({ epoch: Number(epoch), start: Number(start) })) {
  const { x, y } = batch as { x: { data: Float32Array }; y: { data: Float32Array } };
  console.log(createHash("sha256").update(x.data).update(y.data).digest("hex"));
}
