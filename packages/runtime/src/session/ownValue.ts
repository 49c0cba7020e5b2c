/** The own property of that name, which may be user input: inherited ones such as "constructor" do not count. */
export const ownValue = <V>(record: Readonly<Record<string, V>>, name: string): V | undefined =>
  Object.hasOwn(record, name) ? record[name] : undefined;
