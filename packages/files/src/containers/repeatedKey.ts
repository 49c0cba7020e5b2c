/**
 * A key that stands twice in one object of a JSON text, which `JSON.parse` takes silently, the last one's value; undefined
 * where there is none. The text must be JSON.
 */
export function repeatedKey(json: string): string | undefined {
  const objects: Set<string>[] = [];
  // A text as one match would be more than the stack of expressions holds where it is long: its parts are matched.
  let begin = -1;
  for (const { 0: token, index } of json.matchAll(/\\.|"(\s*:)?|[{}]/g)) {
    if (token.startsWith('"')) {
      if (begin < 0) begin = index;
      else {
        if (token.endsWith(":")) {
          const key = JSON.parse(json.slice(begin, index + 1)) as string;
          const keys = objects.at(-1)!;
          if (keys.has(key)) return key;
          keys.add(key);
        }
        begin = -1;
      }
    } else if (begin >= 0) continue;
    else if (token === "{") objects.push(new Set());
    else if (token === "}") objects.pop();
  }
  return undefined;
}
