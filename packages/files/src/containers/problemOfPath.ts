// Which paths of members no archive may have.

/**
 * What is wrong with a member's path: it is absolute, leads out of the archive's folder, or has a zero, where other
 * readers end it. Nothing is ever written to these paths by this package; its callers may.
 */
export function problemOfPath(name: string): string | undefined {
  if (/^[/\\]|^[A-Za-z]:|(^|[/\\])\.\.([/\\]|$)/.test(name))
    return "whose path leaves the archive's folder";
  return name.includes("\0") ? "whose path has a zero in it" : undefined;
}
