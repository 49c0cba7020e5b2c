// Fetches one file in a process of its own: options as JSON in the first argument, one JSON line out.
import { fetchFile, type FetchFileOptions } from "../src/node";

const options = JSON.parse(process.argv[2] ?? "{}") as FetchFileOptions;
try {
  console.log(JSON.stringify({ path: await fetchFile(options) }));
} catch (error) {
  const { code, message } = error as { code?: string; message: string };
  console.log(JSON.stringify({ code, message }));
}
