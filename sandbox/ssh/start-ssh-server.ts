import { chmod, copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { userInfo } from 'node:os';
import path from 'node:path';

import { Failure } from '../../activities/failure.ts';
import { findFreePorts } from '../free-ports.ts';
import { isAlive, removeRecord, startRecorded, stopProcess, type ProcessRecord } from '../processes.ts';
import { readLogTail } from '../read-log-tail.ts';
import { runProgram, runProgramOrFail } from '../run-program.ts';
import { waitUntil } from '../wait-until.ts';
import { killSshServer } from './cut-connections.ts';
import { installSshServer, type SshPrograms } from './install-ssh-server.ts';
import { formatSshdConfig } from './sshd-config.ts';

const PROGRAM_TIMEOUT_MS = 30_000;
const READY_TIMEOUT_MS = 20_000;
const STOP_GRACE_MS = 5000;

export interface SshServerOptions {
  stateDir: string;
  /** Tells several servers of a sandbox apart. @default `sshd` */
  name?: string;
  /** Private key, with its `.pub` beside it, that may log in; made when absent. @default one for this server */
  keyFile?: string;
  /** Set in each session. */
  environment?: Record<string, string>;
  onProgress?: (line: string) => void;
}

/** A real OpenSSH server on 127.0.0.1 that lets this process's own user in, by key. */
export interface StartedSshServer extends AsyncDisposable {
  readonly host: '127.0.0.1';
  readonly port: number;
  readonly user: string;
  readonly keyFile: string;
  readonly knownHostsFile: string;
  /** `ssh-ed25519 AAAA…`, to pin. */
  readonly hostKey: string;
  readonly logFile: string;
  /** Ends the server and cuts every connection; what was detached on the host runs on. */
  stop(): Promise<void>;
  /** Starts again on the same port with the same host key; open connections are cut. */
  restart(): Promise<void>;
}

export async function startSshServer(options: SshServerOptions): Promise<StartedSshServer> {
  const name = options.name ?? 'sshd';
  const folder = path.join(options.stateDir, name);
  const programs = await installSshServer(options.onProgress);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const keyFile = options.keyFile ?? path.join(folder, 'client_key');
  await makeKeys({ programs, folder, keyFile });
  const [port] = await findFreePorts(1);
  if (port === undefined) throw new Failure('internal', 'A port was asked for.');
  const setup = { name, folder, programs, port, stateDir: options.stateDir, environment: options.environment ?? {} };
  await writeConfig(setup);
  const hostKey = await readHostKey(folder);
  const knownHostsFile = path.join(folder, 'known_hosts');
  await writeFile(knownHostsFile, `[127.0.0.1]:${port} ${hostKey}\n`);
  let server = await launchServer(setup);
  const stop = () => stopServer(options.stateDir, server);
  return {
    host: '127.0.0.1',
    port,
    user: userInfo().username,
    keyFile,
    knownHostsFile,
    hostKey,
    logFile: toLogFile(setup),
    stop,
    restart: async () => {
      await stop();
      server = await launchServer(setup);
    },
    [Symbol.asyncDispose]: stop,
  };
}

interface Setup {
  name: string;
  folder: string;
  programs: SshPrograms;
  port: number;
  stateDir: string;
  environment: Record<string, string>;
}

async function makeKeys(wanted: { programs: SshPrograms; folder: string; keyFile: string }): Promise<void> {
  const hostKey = path.join(wanted.folder, 'host_key');
  await rm(hostKey, { force: true });
  await makeKey(wanted.programs, hostKey);
  const publicKey = `${wanted.keyFile}.pub`;
  const isMissing = (await readFile(publicKey).catch(ignoreMissing)) === undefined;
  if (isMissing) await makeKey(wanted.programs, wanted.keyFile);
  await copyFile(publicKey, path.join(wanted.folder, 'authorized_keys'));
  await chmod(wanted.keyFile, 0o600);
}

async function makeKey(programs: SshPrograms, file: string): Promise<void> {
  const comment = 'temporal-hbase-sandbox';
  const argv = [programs.sshKeygen, '-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', file] as const;
  await runProgramOrFail(argv, { timeoutMs: PROGRAM_TIMEOUT_MS });
}

/** The public key without its comment. */
async function readHostKey(folder: string): Promise<string> {
  const [type, key] = (await readFile(path.join(folder, 'host_key.pub'), 'utf8')).trim().split(/\s+/);
  return `${type} ${key}`;
}

async function writeConfig(setup: Setup): Promise<void> {
  const file = toConfigFile(setup);
  const write = (knowsPenalties: boolean) =>
    writeFile(file, formatSshdConfig({ ...toSettings(setup), knowsPenalties }));
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
  await write(true);
  const test = await testConfig(setup, file);
  if (test.exitCode === 0) return;
  await write(false);
  const older = await testConfig(setup, file);
  if (older.exitCode === 0) return;
  throw new Failure('sandbox.failed', `sshd refuses its configuration ${file}: ${older.stderr.trim()}`);
}

function testConfig(setup: Setup, file: string): ReturnType<typeof runProgram> {
  return runProgram([setup.programs.sshd, '-t', '-f', file], { timeoutMs: PROGRAM_TIMEOUT_MS });
}

function toSettings({ folder, port, environment }: Setup) {
  return {
    port,
    user: userInfo().username,
    hostKeyFile: path.join(folder, 'host_key'),
    authorizedKeysFile: path.join(folder, 'authorized_keys'),
    pidFile: path.join(folder, 'pid'),
    environment,
  };
}

async function launchServer(setup: Setup): Promise<ProcessRecord> {
  const logFile = toLogFile(setup);
  const server = startRecorded(setup.stateDir, {
    what: `ssh/${setup.name}`,
    command: setup.programs.sshd,
    args: ['-D', '-e', '-f', toConfigFile(setup)],
    cwd: setup.folder,
    logFile,
  });
  const ready = async () => {
    if (!isAlive(server)) throw new Failure('sandbox.failed', `sshd ended at once.\n${await readLogTail(logFile)}`);
    return (await readBanner(setup.port)).startsWith('SSH-2.0') ? true : undefined;
  };
  await waitUntil(ready, { what: 'sshd', timeoutMs: READY_TIMEOUT_MS, describe: () => readLogTail(logFile) });
  return server;
}

async function stopServer(stateDir: string, server: ProcessRecord): Promise<void> {
  await killSshServer(server);
  await stopProcess(server, STOP_GRACE_MS);
  await removeRecord(stateDir, server);
}

function readBanner(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port }, () => undefined);
    socket.setTimeout(5000, () => socket.destroy(new Error('sshd sends no banner')));
    socket.once('data', (data) => {
      resolve(data.toString('latin1'));
      socket.destroy();
    });
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('sshd closed the connection')));
  });
}

function toConfigFile({ folder }: Setup): string {
  return path.join(folder, 'sshd_config');
}

function toLogFile({ stateDir, name }: Setup): string {
  return path.join(stateDir, 'logs', `${name}.log`);
}

function ignoreMissing(error: unknown): undefined {
  if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  return undefined;
}
