// A real HTTP server on this machine that gives one file, as well or as badly as a test wants.
import { createServer, type IncomingHttpHeaders } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

export interface Behaviour {
  content: Uint8Array;
  /** Answer only with this status, or hang up before any; the first `answers` times, default always. */
  status?: number;
  hangUp?: boolean;
  answers?: number;
  /** A header of such answers. */
  retryAfter?: string;
  /** Understand Range and If-Range; default true. */
  range?: boolean;
  /** Default `"v1"`; null sends none. */
  etag?: string | null;
  lastModified?: string;
  /** Break the connection once so many bytes of a body are sent; for the first `breaks` answers only. */
  breakAfter?: number;
  breaks?: number;
  /** Send no more, and keep the connection, once so many bytes of a body are sent. */
  stallAfter?: number;
  /** Accept the connection and never answer. */
  mute?: boolean;
  /** Say no length: the body ends where it ends. */
  chunked?: boolean;
  /** Answer a range with another one than was asked for. */
  wrongRange?: boolean;
  /** Answer a range with so many bytes at most; without one that was asked for, too. */
  rangeAtMost?: number;
  /** Wait so many ms between pieces. */
  pause?: number;
  /** Bytes of a piece, default 16,384. */
  piece?: number;
}

export interface FileServer {
  /** The file's address. */
  readonly url: string;
  /** The headers of the requests so far, and the bytes sent in answer to each. */
  readonly requests: { path: string; headers: IncomingHttpHeaders; status: number; sent: number }[];
  /** May be changed while it runs. */
  behaviour: Behaviour;
  close(): Promise<void>;
}

/** @param paths other files, by path; without it every path is `behaviour.content` */
export async function fileServer(
  behaviour: Behaviour,
  paths?: Readonly<Record<string, Uint8Array>>,
): Promise<FileServer> {
  const server = createServer((request, response) => {
    void answer().catch(() => response.destroy());

    async function answer() {
      const path = request.url ?? "/";
      const { range = true, etag = `"v1"`, lastModified, breakAfter, ...b } = handle.behaviour;
      const content = paths === undefined ? b.content : paths[path];
      const log = { path, headers: request.headers, status: 200, sent: 0 };
      handle.requests.push(log);
      if (b.mute) return;
      const answering = b.answers === undefined || b.answers > 0;
      if (answering && b.answers !== undefined) handle.behaviour.answers = b.answers - 1;
      if (b.hangUp && answering) {
        request.socket.destroy();
        return;
      }
      if ((b.status !== undefined && answering) || content === undefined) {
        log.status = b.status ?? 404;
        if (b.retryAfter !== undefined) response.setHeader("retry-after", b.retryAfter);
        response.writeHead(log.status).end("no");
        return;
      }
      const headers: Record<string, string> = { "content-type": "application/octet-stream" };
      if (etag !== null) headers.etag = etag;
      if (lastModified !== undefined) headers["last-modified"] = lastModified;
      let from = 0;
      let last = content.length;
      const firstByte = /^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1];
      const condition = request.headers["if-range"]?.toString();
      if (
        range &&
        firstByte &&
        (condition === undefined || [etag, lastModified].includes(condition))
      ) {
        from = Number(firstByte);
        if (from >= content.length) {
          log.status = 416;
          response.writeHead(416).end();
          return;
        }
        log.status = 206;
        if (b.wrongRange) from = 0;
      }
      if (b.rangeAtMost !== undefined) {
        log.status = 206;
        last = Math.min(last, from + b.rangeAtMost);
      }
      if (log.status === 206)
        headers["content-range"] = `bytes ${from}-${last - 1}/${content.length}`;
      if (!b.chunked) headers["content-length"] = String(last - from);
      response.writeHead(log.status, headers);
      const breaking = breakAfter !== undefined && (b.breaks ?? 1) > 0;
      if (breaking && b.breaks !== undefined) handle.behaviour.breaks = b.breaks - 1;
      const most = Math.min(breaking ? breakAfter : Infinity, b.stallAfter ?? Infinity);
      const end = Math.min(last, from + most);
      for (let at = from; at < end; at += b.piece ?? 2 ** 14) {
        const piece = content.subarray(at, Math.min(at + (b.piece ?? 2 ** 14), end));
        await new Promise<void>((resolve, reject) =>
          response.write(piece, (error) => (error ? reject(error) : resolve())),
        );
        log.sent += piece.length;
        if (b.pause) await sleep(b.pause);
      }
      if (end === last) response.end();
      else if (breaking) setTimeout(() => response.destroy(), 20);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const handle: FileServer = {
    url: `http://127.0.0.1:${address.port}/file.bin`,
    requests: [],
    behaviour,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return handle;
}
