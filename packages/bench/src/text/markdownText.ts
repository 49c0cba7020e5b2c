// Text from outside within Markdown: shown as it is, never read as HTML, links, tables or headings.

/** A name or number as inline Markdown, on one line. */
export const escapeMarkdown = (text: string): string =>
  oneLine(text)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replace(/[\\`*_[\]|~]/g, "\\$&");

/** Text in a code span, where nothing but its end has a meaning. */
export const codeSpan = (text: string): string => `\`${oneLine(text).replaceAll("`", "'")}\``;

const oneLine = (text: string): string =>
  text.replace(/\s+/g, " ").replace(/[\p{Cc}\p{Bidi_Control}]/gu, "\ufffd");

/**
 * Markdown whose values are escaped; its own text is not.
 *
 * @example md`## PCA of ${section.dataset}`
 */
export const md = (texts: TemplateStringsArray, ...values: readonly (string | number)[]): string =>
  String.raw({ raw: texts }, ...values.map((value) => escapeMarkdown(String(value))));
