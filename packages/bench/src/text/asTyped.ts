// Words and options of a call, as they are typed in a shell.

/** A word, in quotes where a shell would take it apart. */
export const shellWord = (word: string): string =>
  /^[\w,./:+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

/** Options as they are typed; what is undefined is left out. */
export const asTyped = (options: Readonly<Record<string, unknown>>): string =>
  Object.entries(options)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `--${name} ${shellWord(String(value))}`)
    .join(" ");
