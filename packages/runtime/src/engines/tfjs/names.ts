// Names of layers on TF.js: it looks them up in plain objects, where "constructor" is there from the start,
// and takes few characters in the name of an input.

/** A layer's name where TF.js takes it; else one made of it, which no other layer has. */
export const tfjsName = (name: string): string =>
  /^[A-Za-z0-9][-A-Za-z0-9_./]*$/.test(name) &&
  !(name in Object.prototype) &&
  !name.startsWith(prefix)
    ? name
    : prefix + Array.from(name, (char) => char.codePointAt(0)!.toString(16)).join(".");

/** Begins what is made. */
const prefix = "cajal.";
