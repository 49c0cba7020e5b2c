// Loads MobileNet 0.25 in a process of its own: MIRROR CACHE. Prints how many weights it has.
import { pretrained } from "../src/pretrained";

const [mirror = "", cache = ""] = process.argv.slice(2);
const local: typeof fetch = (url, init) =>
  String(url).startsWith(mirror) ? fetch(url, init) : Promise.reject(new Error("no internet here"));
const { weights } = await pretrained("MobileNet", { alpha: 0.25, mirror, cache, fetch: local });
console.log(weights.size);
