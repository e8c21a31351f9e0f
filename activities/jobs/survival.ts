import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClusterConfig } from '../inventory/inventory.ts';
import { createConnectionPool } from '../ssh/connection-pool.ts';
import { createGateway, formatHost } from '../ssh/gateway.ts';
import { Launcher, type Rehearsal } from './launcher.ts';

/** Does what was started detached on a gateway outlive the connection that started it? The fence guard has to. */
export interface Survival {
  host: string;
  user: string;
  survives: boolean;
  /** The login manager ends what a user has left, and the user does not linger. */
  endsAtLogout: boolean;
}

/** A login manager ends a session's processes soon after its connection, not with it. */
const WATCHED_MS = 3_000;
const POLL_MS = 250;

/** Of every gateway host of a cluster: a small detached job, the connection dropped, another one, and a look. */
export function readSurvival(config: ClusterConfig): Promise<Survival[]> {
  return Promise.all(config.gateways.map((gateway) => rehearse(config, formatHost(gateway))));
}

async function rehearse(config: ClusterConfig, host: string): Promise<Survival> {
  const name = randomBytes(8).toString('hex');
  const rehearsal = await withConnection(config, async (launcher) => {
    const bootId = await launcher.probe(host);
    await launcher.rehearse(host, { name, bootId });
    return { name, bootId };
  });
  return withConnection(config, async (launcher) => {
    const { linger, kills, user } = await launcher.readSession(host);
    const survives = await staysAlive(launcher, host, rehearsal);
    await launcher.endRehearsal(host, rehearsal);
    return { host, user, survives, endsAtLogout: kills === 'yes' && linger !== 'yes' };
  });
}

async function staysAlive(launcher: Launcher, host: string, rehearsal: Rehearsal): Promise<boolean> {
  for (let waitedMs = 0; waitedMs <= WATCHED_MS; waitedMs += POLL_MS) {
    if ((await launcher.readRehearsal(host, rehearsal)).phase !== 'running') return false;
    await sleep(POLL_MS);
  }
  return true;
}

/** A session of its own, since one that others keep open would keep the process alive. */
async function withConnection<T>(config: ClusterConfig, work: (launcher: Launcher) => Promise<T>): Promise<T> {
  const pool = createConnectionPool();
  try {
    const gateway = createGateway(pool, config);
    return await work(new Launcher({ gateway, guardScript: noGuard, runnerIdleSeconds: 0 }));
  } finally {
    await pool.close();
  }
}

function noGuard(): never {
  throw new Error('a rehearsal starts no guard');
}
