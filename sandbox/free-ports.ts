import { createServer } from 'node:net';
import { randomInt } from 'node:crypto';

import { Failure } from '../activities/failure.ts';

/**
 * Below Linux's and macOS's ephemeral ranges: while a server is down for a fault test, no outgoing connection of this
 * machine can take its port, nor can a client that redials it connect to itself.
 */
const LOWEST_PORT = 12_000;
const HIGHEST_PORT = 32_000;
const ATTEMPTS = 200;

/** Finds `count` different TCP ports that are free on 127.0.0.1 now. */
export async function findFreePorts(count: number): Promise<number[]> {
  const found = new Set<number>();
  for (let attempt = 0; attempt < ATTEMPTS && found.size < count; attempt += 1) {
    const port = randomInt(LOWEST_PORT, HIGHEST_PORT);
    if (!found.has(port) && (await isFree(port))) found.add(port);
  }
  if (found.size < count) {
    throw new Failure('sandbox.failed', `Only ${found.size} of ${count} TCP ports are free on 127.0.0.1.`);
  }
  return [...found];
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}
