// Numbers as people read them: as many figures as they mean something.

/** `0.093 ms`, `4.2 ms`, `131 ms`, `2.4 s`. */
export function milliseconds(value: number): string {
  if (!Number.isFinite(value)) return "–";
  if (value >= 9999.5) return `${rounded(value / 1000, 3)} s`;
  return `${rounded(value, value < 1 ? 2 : 3)} ms`;
}

/** `4.2 s`, `1 min 05 s`. */
export function duration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
}

/** `98.3 %` for 0.983. */
export const percent = (share: number | null, digits = 1): string =>
  `${fixed(share === null ? NaN : 100 * share, digits)} %`;

/** `0.0350`; a dash for what is no number, which is null in JSON. */
export const fixed = (value: number | null | undefined, digits: number): string =>
  value === null || !Number.isFinite(value) ? "–" : value!.toFixed(digits);

/** `1,234,567`; by hand, for loading the languages' rules takes longer than all else that is written. */
export const whole = (value: number): string =>
  fixed(Math.round(value), 0).replace(/\B(?=(\d{3})+$)/g, ",");

/** `61.7 k`, `3.86 G`: for counts of operations. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return "–";
  for (const [unit, name] of units)
    if (Math.abs(value) >= unit) return `${rounded(value / unit, 3)} ${name}`;
  return String(value);
}

/** `3.4×`, `120×`: two figures are what a ratio of timings is good for. */
export const times = (ratio: number): string =>
  `${ratio < 9.95 ? fixed(ratio, 1) : whole(Number(ratio.toPrecision(2)))}×`;

/** `ONNX Runtime` for "onnx". */
export const engineLabel = (engine: string): string => labels.get(engine) ?? engine;

/** `TF.js · wasm` */
export const engineName = ({ engine, device }: { engine: string; device: string }): string =>
  `${engineLabel(engine)} · ${device}`;

/** `2.3 × 10⁻⁷`, for differences. */
export function exponent(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return "not a number";
  if (value === 0) return "0";
  const [digits, power] = value.toExponential(1).split("e");
  const superscript = [...String(Number(power))]
    .map((c) => (c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(c)]))
    .join("");
  return digits === "1.0" ? `10${superscript}` : `${digits} × 10${superscript}`;
}

const labels: ReadonlyMap<string, string> = new Map([
  ["onnx", "ONNX Runtime"],
  ["tfjs", "TF.js"],
  // Of other libraries' records.
  ["pytorch", "PyTorch"],
  ["keras", "Keras"],
  ["onnxruntime", "plain ONNX Runtime"],
]);

/** A measured number without the digits that mean nothing. */
export const figures = (value: number): number => Number(value.toPrecision(5));

const units = [
  [1e12, "T"],
  [1e9, "G"],
  [1e6, "M"],
  [1e3, "k"],
] as const;

/** To so many significant figures, never in exponents. */
const rounded = (value: number, count: number): string =>
  value === 0 ? "0" : String(Number(value.toPrecision(count)));
