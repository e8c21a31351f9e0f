import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, closeSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { ClusterConfig, SshTarget } from '../../activities/inventory/inventory.ts';
import { waitUntil } from './wait-until.ts';

/** A private OpenSSH server on loopback that lets the present user in by key. */
export interface TestSshd {
  /** Keys, log, and room for a test's own files. Removed by `stop`. */
  readonly folder: string;
  readonly port: number;
  /** `ssh-ed25519 AAAA…` */
  readonly hostKey: string;
  readonly keyFile: string;
  target(overrides?: Partial<SshTarget>): SshTarget;
  log(): string;
  /** Ends the listener and every session it serves. Commands that sessions started are the test's own. */
  stop(): Promise<void>;
}

export interface TestSshdOptions {
  /** Lines of sshd_config that go before the defaults (the first value wins). */
  config?: string[];
  hostKeyType?: 'ed25519' | 'rsa' | 'ecdsa';
}

export async function startTestSshd({ config = [], hostKeyType = 'ed25519' }: TestSshdOptions = {}): Promise<TestSshd> {
  const folder = mkdtempSync(join(tmpdir(), 'thb-sshd-'));
  const keyFile = makeKey(join(folder, 'user'), 'ed25519');
  const hostKeyFile = makeKey(join(folder, 'host'), hostKeyType);
  writeFileSync(join(folder, 'authorized_keys'), readFileSync(`${keyFile}.pub`));
  const port = await findFreePort();
  const configFile = join(folder, 'sshd_config');
  writeFileSync(configFile, [...config, ...defaultConfig({ folder, port, hostKeyFile })].join('\n') + '\n');
  const child = launch(folder, configFile);
  await waitUntil('sshd listens', () => {
    if (child.exitCode !== null) throw new Error(`sshd ended: ${readFileSync(join(folder, 'log'), 'utf8')}`);
    return readFileSync(join(folder, 'log'), 'utf8').includes('Server listening on');
  });
  const hostKey = readFileSync(`${hostKeyFile}.pub`, 'utf8').split(' ').slice(0, 2).join(' ');
  return {
    folder,
    port,
    hostKey,
    keyFile,
    target: (overrides = {}) => ({
      host: '127.0.0.1',
      port,
      user: userInfo().username,
      keyFile,
      hostKeys: [hostKey],
      ...overrides,
    }),
    log: () => readFileSync(join(folder, 'log'), 'utf8'),
    stop: async () => {
      await endWithSessions(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A cluster whose gateways are the given targets. */
export function clusterOn(gateways: SshTarget[], overrides: Partial<ClusterConfig> = {}): ClusterConfig {
  return {
    name: 'old',
    gateways,
    programs: { hbase: 'hbase', hadoop: 'hadoop', hdfs: 'hdfs', yarn: 'yarn' },
    environment: {},
    copier: { kind: 'distcp', options: [] },
    mapReduce: { options: [] },
    workDir: '.temporal-hbase',
    protected: false,
    overrides: {},
    ...overrides,
  };
}

export function makeKey(file: string, type: string, passphrase = ''): string {
  execFileSync('ssh-keygen', ['-q', '-t', type, '-N', passphrase, '-f', file], { timeout: 20_000 });
  return file;
}

export async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

function defaultConfig({ folder, port, hostKeyFile }: { folder: string; port: number; hostKeyFile: string }): string[] {
  return [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${hostKeyFile}`,
    `AuthorizedKeysFile ${join(folder, 'authorized_keys')}`,
    'PidFile none',
    'UsePAM no',
    'PasswordAuthentication no',
    'PermitRootLogin prohibit-password',
    'StrictModes no',
    'MaxSessions 10',
    'LogLevel VERBOSE',
  ];
}

function launch(folder: string, configFile: string): ChildProcess {
  // Its privilege separation folder: made by the service unit elsewhere.
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  const log = openSync(join(folder, 'log'), 'a');
  const child = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', configFile], { stdio: ['ignore', 'ignore', log] });
  closeSync(log);
  return child;
}

async function endWithSessions(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  for (const pid of [...childrenOf(child.pid), child.pid]) signal(pid, 'SIGTERM');
  await ended;
}

/** Direct children, from /proc: sshd's sessions (sshd gives each its own session). */
export function childrenOf(pid: number): number[] {
  const text = execFileSync('sh', ['-c', 'cat "/proc/$1/task/$1/children" 2>/dev/null || :', 'sh', String(pid)], {
    encoding: 'utf8',
  });
  return text.trim().split(/\s+/).filter(Boolean).map(Number);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
