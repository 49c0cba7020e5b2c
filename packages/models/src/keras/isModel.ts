/** Whether a class name is that of a model. */
export const isModel = (className: string): boolean =>
  className === "Functional" || className === "Model" || className === "Sequential";

/** Whether a value is the JSON of a model, as within the config of a layer. */
export const isModelJson = (
  value: unknown,
): value is { readonly class_name: string; readonly config: object } =>
  typeof value === "object" &&
  value !== null &&
  "class_name" in value &&
  typeof value.class_name === "string" &&
  isModel(value.class_name);
