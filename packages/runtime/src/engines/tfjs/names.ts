// Names of layers on TF.js, which looks them up in plain objects, where "constructor" exists by default, and allows
// few characters in the name of an input.

/** A layer's name where TF.js allows it; otherwise a unique name derived from it. */
export const tfjsName = (name: string): string =>
  /^[A-Za-z0-9][-A-Za-z0-9_./]*$/.test(name) &&
  !(name in Object.prototype) &&
  !name.startsWith(prefix)
    ? name
    : prefix + Array.from(name, (char) => char.codePointAt(0)!.toString(16)).join(".");

/** Prefix of derived names. */
const prefix = "cajal.";
