import { csvTable } from "@cajal/datasets";
import { mutateBytes } from "../mutateBytes";
import { defineTarget } from "../target";

const texts = [
  "a,b,kind\n1,2,x\n3,,y\n",
  '"a","b ""quoted""",y\r\n1,"two\nlines",0\r\n2,three,1\r\n',
  "\ufeffa;b\n1;2\n",
];

export const csv = defineTarget<Uint8Array>({
  name: "csv",
  corpus: () => texts.map((text) => new TextEncoder().encode(text)),
  mutate: mutateBytes,
  async read(bytes) {
    const text = new TextDecoder().decode(bytes);
    const label = /^\ufeff?"?([^",;\r\n]+)/.exec(text)?.[1] ?? "a";
    await csvTable(text, { label, missing: "drop" });
  },
});
