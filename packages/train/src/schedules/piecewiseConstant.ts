import { CajalError, checkArgument, checkNumber, checkOptions } from "@cajal/core";
import { checkRate, defineSchedule, type NamedSchedule } from "./defineSchedule";

/**
 * `values[i]` up to and including step `boundaries[i]`, the last value after the last boundary.
 *
 * @param options.boundaries numbers of updates, rising
 * @param options.values one more than there are boundaries
 */
export function piecewiseConstant(options: {
  boundaries: readonly number[];
  values: readonly number[];
}): NamedSchedule {
  const where = "piecewiseConstant";
  checkOptions(where, options, ["boundaries", "values"]);
  const { boundaries, values } = options;
  checkArgument(where, "boundaries", boundaries, "array");
  checkArgument(where, "values", values, "array");
  boundaries.forEach((boundary) => checkNumber(where, "boundary", boundary));
  values.forEach((value) => checkRate(where, "value", value));
  if (values.length !== boundaries.length + 1)
    throw new CajalError(
      "bad-argument",
      `${where}: got ${boundaries.length} boundaries and ${values.length} values, expected one value more than boundaries.`,
      { boundaries, values },
    );
  if (boundaries.some((boundary, i) => i > 0 && boundary <= boundaries[i - 1]!))
    throw new CajalError(
      "bad-argument",
      `${where}: got boundaries ${boundaries.join(", ")}, expected them to rise.`,
      { boundaries },
    );
  return defineSchedule({ name: where, boundaries, values }, (step) => {
    const index = boundaries.findIndex((boundary) => step <= boundary);
    return values.at(index)!; // −1 beyond the last boundary: the last value
  });
}
