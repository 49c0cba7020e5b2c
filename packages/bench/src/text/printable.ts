// Names of models, files and data sets come from outside. On a terminal, control characters in them
// could move the cursor, colour, or hide what stands beside; so they are shown as escapes.

/** Controls (C0, C1, DEL) but tab and line feed, those that turn the direction of text, and line separators. */
const controls = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu;

/** Text as it may go to a terminal; its lines stay lines. */
export const printable = (text: string): string =>
  text.replace(controls, (control) =>
    control === "\n" || control === "\t" ? control : escaped(control),
  );

/** The same for a name within a line: `\n` is shown, too. */
export const printableLine = (text: string): string => text.replace(controls, escaped);

/** JSON that may go to a terminal: what JSON leaves as it is of the above, written as `\u009b`. */
export const printableJson = (json: string): string =>
  json.replace(/[\u007f-\u009f\p{Bidi_Control}\p{Zl}\p{Zp}]/gu, unicode);

const escaped = (control: string): string =>
  ({ "\n": "\\n", "\t": "\\t", "\r": "\\r" })[control] ??
  (control.charCodeAt(0) < 0x100
    ? `\\x${control.charCodeAt(0).toString(16).padStart(2, "0")}`
    : unicode(control));

const unicode = (control: string): string =>
  `\\u${control.charCodeAt(0).toString(16).padStart(4, "0")}`;
