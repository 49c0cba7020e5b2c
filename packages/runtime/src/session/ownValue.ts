/** A record's value of a name that comes from outside: "constructor" is in every object, and here only where it was put. */
export const ownValue = <V>(record: Readonly<Record<string, V>>, name: string): V | undefined =>
  Object.hasOwn(record, name) ? record[name] : undefined;
