/** Whether a class name is that of a model. */
export const isModel = (className: string): boolean =>
  className === "Functional" || className === "Model" || className === "Sequential";
