// The three config fields that Keras gives each weight of a layer, and the weight they describe.
import { checkArgument } from "@cajal/core";
import { kerasObject, type Field, type KerasObject } from "./fields";
import type { WeightSpec } from "./layer";

type Keys<Name extends string> =
  | `${Name}_initializer`
  | `${Name}_regularizer`
  | `${Name}_constraint`;

type WeightFields<Name extends string> = {
  readonly [K in Keys<Name>]: Field<KerasObject, KerasObject, false>;
};

/** `<name>_initializer`, `<name>_regularizer` and `<name>_constraint`. */
export const weightFields = <Name extends string>(name: Name, initializer: KerasObject) =>
  ({
    [`${name}_initializer`]: kerasObject(initializer),
    [`${name}_regularizer`]: kerasObject(null),
    [`${name}_constraint`]: kerasObject(null),
  }) as WeightFields<Name>;

/** The trainable weight that those fields of `config` describe; `name` within the layer. */
export function trainable<Name extends string>(
  config: { readonly [K in Keys<Name>]: KerasObject },
  field: Name,
  shape: readonly number[],
  name: string = field,
): WeightSpec {
  checkArgument("trainableWeight", "config", config, "object");
  checkArgument("trainableWeight", "field", field, "string");
  return {
    name,
    shape,
    initializer: config[`${field}_initializer`],
    regularizer: config[`${field}_regularizer`],
    constraint: config[`${field}_constraint`],
    trainable: true,
  };
}
