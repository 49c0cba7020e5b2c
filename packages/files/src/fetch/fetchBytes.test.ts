// What differs in a page from a download into the cache (fetchFile.test.ts): bytes in memory, and what browsers hide.
import { gzipSync } from "node:zlib";
import { afterEach, expect, it, vi } from "vitest";
import { fileServer } from "../../testing/fileServer";
import { fetchBytes } from "./fetchBytes";

const content = new Uint8Array(20_000).fill(7);

/** What a page gets of another site's file: its type, unpacked bytes, and of the headers those that CORS lets through. */
const asPage = (body: Uint8Array<ArrayBuffer>, length: number) => async () =>
  Object.defineProperty(new Response(body, { headers: { "content-length": String(length) } }), "type", { value: "cors" }); // prettier-ignore

it.each([
  ["smaller", gzipSync(content).length],
  ["larger", 20_023],
  ["as it is", 20_000],
])("takes another site's file in a page, packed and %s", async (_, length) => {
  const totals: (number | undefined)[] = [];
  const { size, read } = await fetchBytes({
    urls: ["https://elsewhere.example/m.h5"],
    fetch: asPage(content, length),
    onProgress: ({ total }) => totals.push(total),
  });
  expect(size).toBe(20_000);
  expect(await read(19_990, 10)).toEqual(content.subarray(0, 10));
  // The length that is told may be that of the packed bytes; less than there are is not shown.
  expect(totals.at(-1)).toBe(length < 20_000 ? undefined : length);
});

it.each([19_999, 20_001])(
  "refuses a file without a stated length that has not %d bytes",
  async (size) => {
    const server = await fileServer({ content, chunked: true });
    const fetched = fetchBytes({ urls: [server.url], size, retries: 0 });
    await expect(fetched).rejects.toMatchObject({
      code: "checksum-mismatch",
      message: expect.stringContaining(String(size)),
    });
    await server.close();
  },
);

afterEach(() => vi.unstubAllGlobals());

it.each([
  ["https://elsewhere.example/m.h5", true],
  ["https://here.example/m.h5", false],
  ["m.h5", false],
])("says of %s that CORS may be the reason: %s", async (url, says) => {
  vi.stubGlobal("location", new URL("https://here.example/page"));
  const fetch = () => Promise.reject(new TypeError("Failed to fetch"));
  const { message } = await fetchBytes({ urls: [url], fetch, retries: 0 }).catch((error) => error);
  expect(message).toContain("Failed to fetch.");
  expect(message.includes("does not allow pages of https://here.example to read its files (CORS).")).toBe(says); // prettier-ignore
});
