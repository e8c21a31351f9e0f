import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AgentClient, type AgentClientOptions } from '../../../activities/hbase/agent-client.ts';
import { withRequestScope } from '../../../activities/hbase/request-scope.ts';
import type { Failure } from '../../../activities/failure.ts';
import type { ClusterConfig } from '../../../activities/inventory/inventory.ts';
import type { RemoteChannel } from '../../../activities/ssh/exec.ts';
import type { Gateway } from '../../../activities/ssh/gateway.ts';

const FAKE_AGENT = fileURLToPath(new URL('./fake-agent.sh', import.meta.url));
const SCRIPT = { fileName: 'agent-1.rb', content: 'puts 1' };

let folder: string;
let client: AgentClient | undefined;
let uploads: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'thb-agent-'));
  uploads = [];
});

afterEach(async () => {
  await client?.close();
  await rm(folder, { recursive: true, force: true });
});

describe('AgentClient', () => {
  test('uploads its script once and keeps one agent warm; noise is no reply', async () => {
    const agent = connect();
    const [first, second] = await Promise.all([agent.call('echo'), agent.call('echo')]);
    expect(first).toMatch(/^pid \d+$/);
    expect(second).toBe(first);
    await agent.close();
    expect(uploads).toEqual([join(folder, 'work', 'agents', SCRIPT.fileName)]);
    await connect().call('echo');
    expect(uploads).toHaveLength(1);
  });

  test('a refusal of the agent is a failure of the closed table', async () => {
    await expect(connect().call('fail', {}, { table: 't' })).rejects.toMatchObject({
      code: 'agent.expired',
      place: { cluster: 'old', table: 't' },
    });
  });

  test('a lost agent rejects what is pending, and the next call starts another', async () => {
    const agent = connect();
    const before = await agent.call('echo');
    const pending = agent.call('wait');
    await expect(agent.call('die')).rejects.toMatchObject({ code: 'agent.unavailable', retryable: true });
    await expect(pending).rejects.toMatchObject({ code: 'agent.unavailable' });
    expect(await agent.call('echo')).not.toBe(before);
  });

  test('an agent that ends at start is misconfigured, with its last lines', async () => {
    const failure = await connect({ environment: { FAKE_AGENT: 'wrong-java' } })
      .call('echo')
      .catch((error: unknown) => error as Failure);
    expect(failure).toMatchObject({ code: 'agent.misconfigured', retryable: false });
    expect((failure as Failure).message).toContain('UnsupportedClassVersionError');
  });

  test('a wrong path of hbase is misconfigured', async () => {
    await expect(connect({ hbase: '/nowhere/hbase' }).call('echo')).rejects.toMatchObject({
      code: 'agent.misconfigured',
    });
  });

  test('an agent that stays silent is unavailable, and tried again by the next call', async () => {
    const agent = connect({ environment: { FAKE_AGENT: 'silent' }, options: { startTimeoutMs: 300 } });
    await expect(agent.call('echo')).rejects.toMatchObject({ code: 'agent.unavailable' });
    await expect(agent.call('echo')).rejects.toMatchObject({ code: 'agent.unavailable' });
  });

  test('an answer that does not come is retryable, and the request is withdrawn', async () => {
    const agent = connect();
    await expect(agent.call('wait', {}, { limitMs: 100 })).rejects.toMatchObject({ code: 'hbase.failed' });
    const scope = { operation: 'attempt', endsMs: performance.now() + 100 };
    const lastWord = withRequestScope(scope, () => agent.call('wait', {}, { limitMs: 600_000 }));
    await expect(lastWord).rejects.toMatchObject({ code: 'hbase.failed' });
    await agent.call('echo');
    expect(await readRequests()).toContainEqual({ cancel: 1 });
  });

  test('an aborted scope ends waiting with its reason and withdraws the request', async () => {
    const agent = connect();
    await agent.call('echo');
    const controller = new AbortController();
    const scope = { operation: 'wf/3/1', signal: controller.signal };
    const waiting = withRequestScope(scope, () => agent.call('wait'));
    setTimeout(() => controller.abort(new Error('worker stops')), 50);
    await expect(waiting).rejects.toThrow('worker stops');
    await agent.call('echo');
    expect(await readRequests()).toContainEqual({ cancel: 2 });
  });

  test('an aborted scope waits for a change that has begun, and hears what became of it', async () => {
    const agent = connect();
    await agent.call('echo');
    const controller = new AbortController();
    const changing = withRequestScope({ operation: 'wf/3/1', signal: controller.signal }, () =>
      agent.call('hold', {}, { isChange: true }),
    );
    setTimeout(() => controller.abort(new Error('cancelled')), 50);
    expect(await changing).toBe('done');
    expect(await readRequests()).toContainEqual({ cancel: 2 });
  });

  test("a request carries operation and expiry, the latter on the agent's clock", async () => {
    const agent = connect();
    const startedMs = performance.now();
    await agent.call('echo');
    await withRequestScope({ operation: 'wf/3/1', validityMs: 500 }, () => agent.call('echo'));
    const [, scoped] = await readRequests();
    expect(scoped).toMatchObject({ operation: 'wf/3/1', verb: 'echo' });
    // The fake's clock stands at 2,000 at its first reply, and ours has gone on since.
    expect(scoped?.beforeMs).toBeGreaterThanOrEqual(2_000);
    expect(scoped?.beforeMs).toBeLessThanOrEqual(Math.ceil(2_500 + performance.now() - startedMs));
  });

  test('a closed client refuses, and closing twice is harmless', async () => {
    const agent = connect();
    await agent.call('echo');
    await agent.close();
    await agent.close();
    await expect(agent.call('echo')).rejects.toMatchObject({ code: 'agent.unavailable' });
  });
});

interface Setup {
  hbase?: string;
  environment?: Record<string, string>;
  options?: AgentClientOptions;
}

function connect({ hbase = FAKE_AGENT, environment = {}, options = {} }: Setup = {}): AgentClient {
  client = new AgentClient(createLocalGateway(hbase, environment), { script: SCRIPT, ...options });
  return client;
}

async function readRequests(): Promise<Record<string, unknown>[]> {
  const text = await readFile(join(folder, 'log'), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** Runs on this host what the real gateway runs over ssh. */
function createLocalGateway(hbase: string, environment: Record<string, string>): Gateway {
  const cluster = { name: 'old', workDir: join(folder, 'work'), programs: { hbase } } as unknown as ClusterConfig;
  return {
    cluster,
    hostInUse: 'local:22',
    hosts: ['local:22'],
    exec: () => Promise.reject(new Error('not needed')),
    open: async (argv) => openLocalChannel(argv, { ...process.env, FAKE_LOG: join(folder, 'log'), ...environment }),
    upload: async ({ path, content }) => {
      uploads.push(path);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, content);
    },
  };
}

function openLocalChannel([command = '', ...args]: readonly string[], env: NodeJS.ProcessEnv): RemoteChannel {
  const child = spawn(command, args, { env, stdio: 'pipe' });
  child.stdin.on('error', () => undefined);
  return {
    host: 'local',
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    exit: new Promise((resolve) => {
      child.on('close', (code, signal) =>
        resolve({
          ...(code === null ? {} : { exitCode: code }),
          ...(signal === null ? {} : { signal: signal.slice(3) }),
        }),
      );
    }),
    close: () => {
      child.stdin.end();
      child.kill();
    },
  };
}
