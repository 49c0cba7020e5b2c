// Loads the test set of MNIST in a process of its own: MIRROR CACHE. Prints how many examples there are.
import { mnist } from "../src/sets/mnist";

const [mirror = "", cache = ""] = process.argv.slice(2);
console.log((await mnist({ split: "test", mirrors: [mirror], cache, retryDelay: 50 })).size);
