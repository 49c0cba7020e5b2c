/** A path, or something that looks like one: no network's name has a dot or a slash. */
export const isFile = (model: string): boolean => /[./\\]/.test(model);
