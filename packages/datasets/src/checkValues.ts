// What transforms compute with.
import { CajalError, checkTensor, isTensor, showValue, type NamedTensors, type Tensor } from "@cajal/core"; // prettier-ignore

/**
 * Refuses what is not one tensor of numbers: records of tensors, and float16, whose numbers are stored as bits.
 *
 * @throws CajalError `bad-argument`, `bad-shape`, `unsupported` (float16)
 */
export function checkValues(
  where: string,
  name: string,
  value: Tensor | NamedTensors,
): asserts value is Tensor {
  if (typeof value !== "object" || value === null || !isTensor(value))
    throw new CajalError("bad-argument", `${where}: got ${showValue(value)} as ${name}, expected one tensor. Of tensors by name choose one, or change the datasets before they are zipped.`, { where }); // prettier-ignore
  if (value.dtype === "float16")
    throw new CajalError("unsupported", `${where}: got ${name} of dtype float16, which is stored as bits; expected another number type.`, { where }); // prettier-ignore
  checkTensor(value, `${where} ${name}`);
}
