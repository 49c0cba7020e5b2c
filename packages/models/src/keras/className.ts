import type { Json } from "./json";

/**
 * The class that a layer's JSON names. One that the file's author has registered is told by its package, too, as Keras 2
 * writes it: "Course>ScaleShift".
 */
export function classNameOf({ class_name, registered_name }: Json): unknown {
  const isRegistered =
    typeof registered_name === "string" && registered_name.endsWith(`>${String(class_name)}`);
  return isRegistered ? registered_name : class_name;
}
