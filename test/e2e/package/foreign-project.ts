import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { told } from '../../support/tell.ts';
import { runProgram, runProgramOrFail, type ProgramResult } from '../../../sandbox/run-program.ts';
import { waitUntil } from '../../../sandbox/wait-until.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const INSTALL_TIMEOUT_MS = 5 * 60_000;
const PROGRAM_TIMEOUT_MS = 2 * 60_000;
const READY_LINE = 'foreign worker polls';

export interface ForeignWorker extends AsyncDisposable {
  stop(): Promise<void>;
}

/** Somebody else's project that has installed our package from its tarball, in a temporary folder. */
export interface ForeignProject extends AsyncDisposable {
  readonly folder: string;
  /** Names in the tarball, without `package/`. */
  readonly packed: readonly string[];
  /** Runs one of its programs, or one it has installed, to the end. */
  run(program: string, args: string[]): Promise<ProgramResult>;
  /** Starts one of its workers and returns when it polls. */
  startWorker(program: string, environment: Record<string, string>): Promise<ForeignWorker>;
}

/** Builds and packs our package and installs it, with the versions of Temporal's packages we are tested with. */
export async function createForeignProject(files: Record<string, string>): Promise<ForeignProject> {
  const base = await mkdtemp(path.join(tmpdir(), 'temporal-hbase-package-'));
  const dispose = () => rm(base, { recursive: true, force: true });
  try {
    const tarball = await pack(base);
    const folder = path.join(base, 'foreign');
    await mkdir(folder);
    await writeFiles(folder, { ...files, 'package.json': await formatPackage(tarball) });
    await runProgramOrFail(['npm', 'install', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund'], {
      cwd: folder,
      timeoutMs: INSTALL_TIMEOUT_MS,
    });
    return {
      folder,
      packed: await listPacked(tarball),
      run: (program, args) =>
        told([program, ...args], runProgram([program, ...args], { cwd: folder, timeoutMs: PROGRAM_TIMEOUT_MS })),
      startWorker: (program, environment) => startForeignWorker({ folder, program, environment }),
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function pack(base: string): Promise<string> {
  const options = { cwd: ROOT, timeoutMs: INSTALL_TIMEOUT_MS };
  await runProgramOrFail(['npm', 'run', 'build'], options);
  const out = await runProgramOrFail(
    ['npm', 'pack', '--ignore-scripts', '--json', '--pack-destination', base],
    options,
  );
  const name = /temporal-hbase-[\w.-]+\.tgz/.exec(out)?.[0] ?? '';
  return path.join(base, name);
}

async function listPacked(tarball: string): Promise<string[]> {
  const out = await runProgramOrFail(['tar', '-tzf', tarball], { timeoutMs: PROGRAM_TIMEOUT_MS });
  return out.split('\n').map((line) => line.replace(/^package\//, ''));
}

async function formatPackage(tarball: string): Promise<string> {
  const { devDependencies, peerDependencies } = JSON.parse(
    await readFile(path.join(ROOT, 'package.json'), 'utf8'),
  ) as Record<'devDependencies' | 'peerDependencies', Record<string, string>>;
  const temporal = Object.keys(peerDependencies).map((name) => [name, devDependencies[name]]);
  const dependencies = { ...Object.fromEntries(temporal), 'temporal-hbase': `file:${tarball}` };
  return JSON.stringify({ name: 'foreign', private: true, type: 'module', dependencies });
}

async function writeFiles(folder: string, files: Record<string, string>): Promise<void> {
  for (const [name, content] of Object.entries(files)) await writeFile(path.join(folder, name), content);
}

async function startForeignWorker(options: {
  folder: string;
  program: string;
  environment: Record<string, string>;
}): Promise<ForeignWorker> {
  const { folder, program, environment } = options;
  const env = { ...process.env, ...environment };
  const child = spawn(process.execPath, [program], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (log += text));
  const stop = async () => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 40_000);
    await ended;
    clearTimeout(timer);
  };
  try {
    await waitUntil(
      () => {
        if (child.exitCode !== null) throw new Error(`${program} ended`);
        return log.includes(READY_LINE) || undefined;
      },
      { what: `${program} to poll`, timeoutMs: PROGRAM_TIMEOUT_MS, describe: () => log },
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return { stop, [Symbol.asyncDispose]: stop };
}
