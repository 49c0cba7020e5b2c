// The product of the inputs. As float32 it holds 24 bits, as int32 those that fit a float64.
import { defineTfjsLayer } from "./layer";

export const multiply = defineTfjsLayer({
  className: "Multiply",
  isExact: (bits, inputs) => bits * inputs <= 24,
});
