/** Whether a name is a path: names of networks have no dot or slash. */
export const isFile = (model: string): boolean => /[./\\]/.test(model);
