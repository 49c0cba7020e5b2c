// The connection to Redis, through which a suite's measurements are shared. BullMQ and its client are optional peers.
import { CajalError, checkArgument, importPeer } from "@cajal/core";
import type * as BullMQ from "bullmq";
import type { Redis } from "ioredis";
import { cajalVersion } from "../cajalVersion";

export interface QueueConnection {
  readonly bullmq: typeof BullMQ;
  readonly redis: Redis;
  /** Workers of another version measure other things: they have a queue of their own. */
  readonly name: string;
  /** The address without its password. */
  readonly address: string;
}

const install = { install: "npm install bullmq ioredis" };

/**
 * Connects to Redis. Once connected it waits where Redis goes away, until it is back.
 *
 * @param url redis://… or rediss://…
 * @throws CajalError `bad-argument`; `missing-peer`; `network` where nothing answers there
 */
export async function connectQueue(url: string): Promise<QueueConnection> {
  checkArgument("queue", "url", url, "string");
  const address = withoutPassword(url);
  const bullmq = await importPeer("bullmq", () => import("bullmq"), install);
  const { Redis } = await importPeer("ioredis", () => import("ioredis"), install);
  let isConnected = false;
  let reason: Error | undefined;
  const redis = new Redis(url, {
    lazyConnect: true,
    maxRetriesPerRequest: null,
    retryStrategy: (times) => (isConnected ? Math.min(200 * times, 2000) : null),
  });
  redis.on("error", (error: Error) => (reason = error));
  try {
    await redis.connect();
    isConnected = true;
  } catch (error) {
    redis.disconnect();
    const cause = reason ?? (error as Error);
    throw new CajalError(
      "network",
      `Redis does not answer at ${address}: ${messageOf(cause)}. Start it (redis-server), or give another address.`,
      { address },
      { cause },
    );
  }
  return { bullmq, redis, name: `cajal-${cajalVersion}`, address };
}

function withoutPassword(text: string): string {
  let url: URL | undefined;
  try {
    url = new URL(text);
  } catch {
    // Said below.
  }
  if (url === undefined || !["redis:", "rediss:"].includes(url.protocol))
    throw new CajalError(
      "bad-argument",
      "queue: expected the address of a Redis server, such as redis://localhost:6379.",
    );
  url.password = "";
  return url.href;
}

/** Node says of an address with several numbers that all failed, and each reason below. */
const messageOf = (error: Error): string =>
  error instanceof AggregateError ? error.errors.map(String).join("; ") : error.message;
