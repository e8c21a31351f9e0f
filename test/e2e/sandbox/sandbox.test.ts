import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { loadInventory } from '../../../activities/inventory/load-inventory.ts';
import { startReaper } from '../../../sandbox/reaper.ts';
import { isAlive, listRecordedProcesses, signal, startRecorded } from '../../../sandbox/processes.ts';
import { runProgram } from '../../../sandbox/run-program.ts';
import { downSandbox, readSandboxStatus, upSandbox, type UpResult } from '../../../sandbox/index.ts';
import { claimStateDir } from '../../../sandbox/state.ts';
import { waitUntil } from '../../support/wait-until.ts';

let parent: string;
let stateDir: string;

beforeAll(async () => {
  parent = await mkdtemp(path.join(tmpdir(), 'thb-e2e-sandbox-'));
  stateDir = path.join(parent, 'state');
});
afterAll(async () => {
  await downSandbox({ stateDir });
  await rm(parent, { recursive: true });
});

/** Of one pair of lines, so that the cost of a second pair stays the only one. */
const OPTIONS = { pair: '2.6.1:2.6.1', pinnedTemporal: true } as const;

describe('a sandbox in a folder of its own', () => {
  let up: UpResult;

  test('upSandbox: everything of it answers', async () => {
    up = await upSandbox({ ...OPTIONS, stateDir });
    expect(up).toMatchObject({ changed: true, cleared: [] });
    const { environment, uiUrl } = up.description;
    const connection = await Connection.connect({ address: environment['TEMPORAL_ADDRESS'] ?? '' });
    await connection.close();
    expect((await fetch(`${uiUrl}/api/v1/namespaces/default`)).status).toBe(200);
    for (const cluster of Object.values(up.description.clusters)) {
      const listing = await runProgram([path.join(cluster.binDir, 'hdfs'), 'dfs', '-ls', '/'], { timeoutMs: 120_000 });
      expect(listing.stdout).toContain('/hbase');
    }
  });

  test('upSandbox: its gateway takes the key of the clusters file, and only a known host key', async () => {
    const inventory = loadInventory(up.description.clustersFile);
    const [gateway] = inventory.clusters.get('old')?.gateways ?? [];
    const options = ['-i', gateway?.keyFile ?? '', '-p', String(gateway?.port), '-o', 'BatchMode=yes'];
    const ssh = (knownHosts: string) => {
      const check = ['-o', `UserKnownHostsFile=${knownHosts}`, '-o', 'StrictHostKeyChecking=yes'];
      const call = [`${gateway?.user}@127.0.0.1`, 'echo $TEMPORAL_HBASE_SANDBOX'];
      return runProgram(['ssh', ...options, ...check, ...call], { timeoutMs: 60_000 });
    };
    expect(await ssh(gateway?.knownHostsFile ?? '')).toMatchObject({ exitCode: 0, stdout: `${stateDir}\n` });
    expect(await ssh('/dev/null')).toMatchObject({ exitCode: 255 });
  });

  test('upSandbox: a second one changes nothing', async () => {
    const before = await listRecordedProcesses(stateDir);
    const second = await upSandbox({ ...OPTIONS, stateDir });
    expect(second).toEqual({ changed: false, cleared: [], description: up.description });
    expect(await listRecordedProcesses(stateDir)).toEqual(before);
  });

  test('upSandbox: another shape in the same folder is refused, and nothing stops', async () => {
    await expect(upSandbox({ ...OPTIONS, stateDir, multiwal: true })).rejects.toThrow(/multiwal is false/);
    expect(await readSandboxStatus({ stateDir })).toMatchObject({ state: 'running' });
  });

  test('readSandboxStatus: one dead part breaks it', async () => {
    const temporal = (await listRecordedProcesses(stateDir)).find(({ what }) => what === 'temporal');
    if (temporal === undefined) throw new Error('no record of Temporal');
    signal(temporal, 'SIGKILL');
    await waitUntil('it is broken', async () => (await readSandboxStatus({ stateDir })).state === 'broken');
  });

  test('upSandbox: clears what is left of a broken one and starts anew', async () => {
    const leftovers = (await listRecordedProcesses(stateDir)).filter(isAlive);
    const again = await upSandbox({ ...OPTIONS, stateDir });
    expect(again.changed).toBe(true);
    // One may end by itself, seeing the others go.
    const names = leftovers.map(({ what, pid }) => `${what} (pid ${pid})`);
    expect(again.cleared).not.toEqual([]);
    expect(names).toEqual(expect.arrayContaining(again.cleared));
    expect(leftovers.filter(isAlive)).toEqual([]);
    expect(await readSandboxStatus({ stateDir })).toMatchObject({ state: 'running' });
  });

  test('downSandbox: leaves neither process nor file, also of what detached itself over ssh', async () => {
    const { description } = (await readSandboxStatus({ stateDir })) ?? {};
    const [port] = description?.clusters.old.gateways[0]?.split(':').slice(1) ?? [];
    const argv = ['-i', path.join(stateDir, 'client_key'), '-p', port ?? '', '-o', 'BatchMode=yes'];
    const known = ['-o', `UserKnownHostsFile=${path.join(stateDir, 'known_hosts')}`, '-o', 'StrictHostKeyChecking=yes'];
    const detached = await runProgram(
      ['ssh', ...argv, ...known, '127.0.0.1', 'setsid sleep 600 >/dev/null 2>&1 </dev/null & echo $!'],
      { timeoutMs: 60_000 },
    );
    expect(detached).toMatchObject({ exitCode: 0 });
    const records = await listRecordedProcesses(stateDir);
    expect(await downSandbox({ stateDir })).toMatchObject({ changed: true });
    expect(records.filter(isAlive)).toEqual([]);
    expect(await readdir(parent)).toEqual([]);
    if (process.platform === 'linux') expect(await listSessions(stateDir)).toBe('');
  });

  test('downSandbox: again is no error', async () => {
    expect(await downSandbox({ stateDir })).toEqual({ changed: false, stopped: [] });
  });
});

describe('a folder that is not a sandbox', () => {
  test('upSandbox: never touches it', async () => {
    const foreign = await mkdtemp(path.join(parent, 'foreign-'));
    await writeFile(path.join(foreign, 'mine'), 'mine');
    await expect(upSandbox({ ...OPTIONS, stateDir: foreign })).rejects.toThrow(/no sandbox made/);
    await downSandbox({ stateDir: foreign });
    expect(await readdir(foreign)).toEqual(['mine']);
    await rm(foreign, { recursive: true });
  });
});

describe('the reaper', () => {
  test('startReaper: a process killed with -9 leaves nothing behind', async () => {
    const folder = path.join(parent, 'reaped');
    await claimStateDir(folder);
    const logFile = path.join(parent, 'reaped.log');
    const orphan = startRecorded(folder, { what: 'x', command: 'sleep', args: ['600'], cwd: parent, logFile });
    const owner = spawn(process.execPath, ['--input-type=module', '-e', toOwner(folder)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise((resolve) => owner.stdout.once('data', resolve));
    expect(isAlive(orphan)).toBe(true);
    owner.kill('SIGKILL');
    await waitUntil('nothing is left', async () => !isAlive(orphan) && !(await readdir(parent)).includes('reaped'));
  });

  test('startReaper: dismissed, it leaves everything as it is', async () => {
    const folder = path.join(parent, 'kept');
    await claimStateDir(folder);
    startReaper(folder).dismiss();
    expect(await readdir(parent)).toContain('kept');
  });
});

function toOwner(folder: string): string {
  const reaper = new URL('../../../sandbox/reaper.ts', import.meta.url).href;
  return `(await import(${JSON.stringify(reaper)})).startReaper(${JSON.stringify(folder)});
    console.log('watched'); setInterval(() => {}, 1000);`;
}

/** Processes that still carry the folder's mark. */
async function listSessions(folder: string): Promise<string> {
  const script = `grep -lz -- "TEMPORAL_HBASE_SANDBOX=${folder}" /proc/[0-9]*/environ 2>/dev/null || true`;
  return (await runProgram(['/bin/sh', '-c', script], { timeoutMs: 60_000 })).stdout;
}
