// What a call says beside its inputs: options that its layer honours, and masks.
import { CajalError } from "@cajal/core";
import type { TensorRef } from "../keras/config";
import { isRef, readRef } from "../keras/readNodes";
import { maskNames, writtenMask } from "../keras/writtenMasks";
import type { InnerLayer } from "../layers/definition/layer";
import { showConfigValue } from "../layers/definition/shown";

/** A value that is a mask, or the comparisons that one is made of. */
export type CallMask<Value> =
  | { readonly value: Value }
  | {
      readonly comparisons: readonly {
        readonly of: Value;
        readonly value: number;
        readonly features: boolean;
      }[];
    };

/** In the order of the call's inputs; `all`: whether it was a list of all inputs' masks. */
export interface CallMasks<Value> {
  readonly all: boolean;
  readonly list: readonly (CallMask<Value> | undefined)[];
}

/** Keyword arguments of a call that change nothing here, or that its layer honours; any other is refused. */
export function checkArguments(
  where: () => string,
  kwargs: Readonly<Record<string, unknown>>,
  layer: InnerLayer | undefined,
): void {
  const callOptions = layer?.definition.callOptions ?? {};
  for (const [key, value] of Object.entries(kwargs))
    if (
      !isNothing(value) &&
      !(Object.hasOwn(callOptions, key) && typeof value === typeof callOptions[key]) &&
      !(key === "training" && value === false) &&
      !(takesMask(layer, key) && isMask(value))
    )
      throw new CajalError(
        "unsupported",
        `${where()}: it is called with ${key} = ${showConfigValue(value)}, which Cajal does not honour.`,
        { key, value },
      );
}

/** Whether a call of the layer, or of a model, has an argument for masks of that name. */
function takesMask(layer: InnerLayer | undefined, key: string): boolean {
  if (!layer) return key === "mask";
  const rule = layer.definition.mask;
  if (!rule?.takes) return false;
  // A list of all masks, as engine tfjs says it, and the names that Keras has.
  return key === "mask" || (rule.names !== undefined && maskNames.includes(key));
}

/** A mask that the JSON writes out, a value of the model, or a list of these and nulls. */
const isMask = (value: unknown): boolean =>
  writtenMask(value) !== undefined ||
  (Array.isArray(value) &&
    (isRef(value) || value.every((each) => isNothing(each) || isMask(each))));

/** Null, or what Keras writes where a model within a model has several inputs without a mask: a list of nulls. */
const isNothing = (value: unknown): boolean =>
  value === null || (Array.isArray(value) && value.every(isNothing));

/** The keyword arguments of a call that its layer honours, where there are any. */
export function optionsOf(
  layer: InnerLayer | undefined,
  kwargs: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> | undefined {
  const callOptions = layer?.definition.callOptions;
  if (!callOptions) return undefined;
  const acceptedArguments = Object.entries(kwargs).filter(([key]) =>
    Object.hasOwn(callOptions, key),
  );
  return acceptedArguments.length > 0 ? Object.fromEntries(acceptedArguments) : undefined;
}

/** Gives each value that masks in a call refer to, in an order of its own. */
export function maskReferences(
  kwargs: Readonly<Record<string, unknown>>,
  visit: (ref: TensorRef) => void,
): void {
  for (const name of maskNames) {
    const value = kwargs[name];
    for (const mask of isMaskList(value) ? value : [value]) {
      const written = writtenMask(mask);
      if (written) for (const { of } of written) visit(of);
      else if (Array.isArray(mask) && isRef(mask)) visit(readRef(mask, name));
    }
  }
}

/** Several masks, some of which may be null; not one, which is a list with a layer's name. */
const isMaskList = (value: unknown): value is readonly unknown[] =>
  Array.isArray(value) && !isRef(value);

/** What a call says of masks, of values in the order of {@link maskReferences}. */
export function masksOf<Value>(
  layer: InnerLayer | undefined,
  kwargs: Readonly<Record<string, unknown>>,
  next: () => Value,
): { masks?: CallMasks<Value>; attentionMask?: Value } {
  const toMask = (mask: unknown): CallMask<Value> | undefined => {
    const written = writtenMask(mask);
    if (written)
      return {
        comparisons: written.map(({ value, features }) => ({ of: next(), value, features })),
      };
    return Array.isArray(mask) && isRef(mask) ? { value: next() } : undefined;
  };
  let all = false;
  let attentionMask: Value | undefined;
  const list: (CallMask<Value> | undefined)[] = [];
  for (const name of maskNames) {
    const value = kwargs[name];
    const masks = (isMaskList(value) ? value : [value]).map(toMask);
    if (!masks.some(Boolean)) continue;
    if (name === "attention_mask")
      attentionMask = masks.flatMap((mask) => mask && "value" in mask ? [mask.value] : [])[0]; // prettier-ignore
    else if (name === "mask") {
      list.push(...masks);
      all = isMaskList(value);
    } else {
      const place = layer?.definition.mask?.names?.indexOf(name) ?? -1;
      if (place >= 0) list[place] = masks[0];
    }
  }
  return {
    ...(list.length > 0 && { masks: { all, list: Array.from(list) } }),
    ...(attentionMask && { attentionMask }),
  };
}
