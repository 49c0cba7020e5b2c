// Imports a package by name through importPeer, in a process of its own: one JSON line out.
import { importPeer } from "../src/system/importPeer";

const [name = "", specifier = name] = process.argv.slice(2);
try {
  const module = await importPeer<{ answer?: number }>(name, () => import(specifier));
  console.log(JSON.stringify({ answer: module.answer }));
} catch (error) {
  const { name, message, code, facts, cause } = error as Error & { code?: string; facts?: object };
  console.log(JSON.stringify({ name, message, code, facts, cause: cause !== undefined }));
}
