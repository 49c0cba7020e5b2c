// Every way in which a server fails: those from which a download recovers of itself, and those that need another mirror.
import { existsSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { basename, join } from "node:path";
import { selfSigned } from "./selfSigned";

/** Answers a request for a file as badly as it can; `count` is how often it was asked for this file before. */
export type Failure = (
  file: Buffer,
  request: IncomingMessage,
  response: ServerResponse,
  count: number,
) => void;

const rangeOf = ({ headers }: IncomingMessage) =>
  Number(/^bytes=(\d+)-$/.exec(headers.range ?? "")?.[1] ?? 0);

/** The rest of the file from where it is asked for, of which `most` bytes are sent before the connection ends. */
const part: (most: number, etag?: string) => Failure =
  (most, etag = '"v1"') =>
  (file, request, response) => {
    // prettier-ignore
    const from = rangeOf(request);
    response.writeHead(from > 0 ? 206 : 200, {
      etag,
      "content-length": file.length - from,
      ...(from > 0 && { "content-range": `bytes ${from}-${file.length - 1}/${file.length}` }),
    });
    const end = Math.min(file.length, from + most);
    response.write(file.subarray(from, end), () => (end === file.length ? response.end() : setTimeout(() => response.destroy(), 5))); // prettier-ignore
  };
/** As a good server does. */
export const whole: Failure = part(Infinity);
const damaged = (file: Buffer) => {
  const other = Buffer.from(file);
  other[other.length >> 1]! ^= 1;
  return other;
};
const status = (code: number, headers: Record<string, string> = {}): Failure => (_, __, response) => void response.writeHead(code, headers).end("no"); // prettier-ignore

/** Of itself: it needs no other mirror. */
export const recoverable: Record<string, Failure> = {
  "dies at each 64 KB": part(65_536),
  "no Range": (file, request, response, count) => {
    delete request.headers.range;
    part(count === 0 ? 65_536 : Infinity)(file, request, response, count);
  },
  "429, then well": (...all) => (all[3] === 0 ? status(429, { "retry-after": "0" }) : whole)(...all), // prettier-ignore
  "500, then well": (...all) => (all[3] === 0 ? status(500) : whole)(...all),
  "another version on resume": (...all) => (all[3] === 0 ? part(65_536) : part(Infinity, '"v2"'))(...all), // prettier-ignore
};
export const failures: Record<string, Failure> = {
  "a shorter file, whole to its server": (file, ...all) => whole(file.subarray(0, 1000), ...all),
  "a length that is not its": (file, _, response) => void response.writeHead(200, { "content-length": file.length + 7 }).end(file), // prettier-ignore
  "wrong checksum": (file, ...all) => whole(damaged(file), ...all),
  "403": status(403),
  "404": status(404),
  "429": status(429),
  "500": status(500),
  "HTML instead of data": (_, __, response) => void response.writeHead(200, { "content-type": "text/html" }).end("<html>Moved.</html>"), // prettier-ignore
  "redirect loop": (_, request, response) => void response.writeHead(302, { location: request.url! }).end(), // prettier-ignore
  stall: (file, _, response) => void response.writeHead(200, { "content-length": file.length }).write(file.subarray(0, 1000)), // prettier-ignore
  "slow drip": (file, _, response) => {
    response.writeHead(200, { "content-length": file.length });
    const timer = setInterval(() => response.write("x"), 20);
    response.once("close", () => clearInterval(timer));
  },
  "other content on resume": (file, request, response, count) =>
    (count === 0 ? part(2000) : part(Infinity))(count === 0 ? file : damaged(file), request, response, count), // prettier-ignore
};

/** Servers that are open, and end together. */
export interface FailingServers {
  /**
   * Opens one for the files of a folder.
   *
   * @param tls whether it speaks TLS, with a certificate that nobody trusts
   * @returns its address, which ends in a slash
   */
  serve(folder: string, failure: Failure, tls?: boolean): Promise<string>;
  close(): void;
}

export function failingServers(): FailingServers {
  const servers: { close(): void; closeAllConnections(): void }[] = [];
  return {
    async serve(folder, failure, tls = false) {
      const counts = new Map<string, number>();
      const answer = (request: IncomingMessage, response: ServerResponse) => {
        const name = basename(request.url!);
        const path = join(folder, name);
        if (!existsSync(path)) return void response.writeHead(404).end();
        const count = counts.get(name) ?? 0;
        counts.set(name, count + 1);
        failure(readFileSync(path), request, response, count);
      };
      const server = tls ? createTlsServer(selfSigned, answer) : createServer(answer);
      servers.push(server);
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      return `http${tls ? "s" : ""}://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    },
    close() {
      for (const server of servers) {
        server.closeAllConnections();
        server.close();
      }
    },
  };
}
