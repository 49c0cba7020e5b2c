// A worker of a queue whose measurements take a moment and count letters: node program.mjs URL LOG
// LOG gets a line for every measurement that was begun.
import { workOnQueue } from "../src/measure/queue/workOnQueue";

const [url, log] = process.argv.slice(2) as [string, string];
const stop = new AbortController();
process.once("SIGTERM", () => stop.abort());
await workOnQueue(url, {
  signal: stop.signal,
  lockDuration: 1000,
  say: console.log,
  command({ model }) {
    const answer = JSON.stringify({ records: [{ n: 1, params: model.charCodeAt(0) }] });
    return ["/bin/sh", "-c", `echo ${model} >> "$0"; sleep 0.4; echo '${answer}'`, log];
  },
});
