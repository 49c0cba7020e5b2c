// The recipe “Serve many requests”, which recipes.md shows and recipes.test.ts runs.
import { createServer, type IncomingMessage, type Server } from "node:http";
import { CajalError, tensor, type Tensor } from "@cajal/core";
import type { Session } from "@cajal/runtime";

// #region queue
export class Busy extends Error {}

/** Answers who asks within 2 ms with one run; more than `limit` do not wait. */
export function queue(session: Session, { batch = 32, limit = 256 } = {}) {
  const together = session.batched({ maxBatch: batch, maxDelay: 2 });
  let waiting = 0;
  return async (example: Tensor): Promise<number[]> => {
    if (waiting >= limit) throw new Busy(`${limit} requests wait already.`);
    waiting++;
    try {
      const scores = await together.predict(example);
      return Array.from(scores.data, Number);
    } finally {
      waiting--;
    }
  };
}
// #endregion queue

// #region server
/** POST / takes an example as JSON and answers its scores; GET /health is for the load balancer. */
export function serve(
  session: Session,
  shape: readonly number[],
  options?: { batch?: number; limit?: number },
): Server {
  const ask = queue(session, options);
  return createServer(async (request, response) => {
    const reply = (status: number, body: unknown) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    if (request.url === "/health") return reply(200, { ok: true });
    let example: Tensor;
    try {
      example = tensor("float32", [1, ...shape], JSON.parse(await bodyOf(request)));
    } catch (error) {
      // The caller's fault: not so many numbers, no numbers, no JSON.
      return reply(400, { error: (error as Error).message });
    }
    try {
      reply(200, await ask(example));
    } catch (error) {
      // Too many wait: try later. Ours: the words stay here.
      if (error instanceof Busy) reply(503, { error: error.message });
      else reply(500, { error: "It did not work." });
    }
  });
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request) {
    body += chunk;
    if (body.length > 1e6) throw new CajalError("bad-shape", "more than a megabyte.");
  }
  return body;
}
// #endregion server

// #region end
/** Takes no new requests, answers those that are there, and frees the model. */
export async function end(server: Server, session: Session): Promise<void> {
  await new Promise((closed) => {
    server.close(closed);
    server.closeIdleConnections();
  });
  await session.dispose();
}
// process.once("SIGTERM", () => void end(server, session));
// #endregion end
