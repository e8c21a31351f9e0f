import { access, constants, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import path from 'node:path';

import { Failure } from '../../activities/failure.ts';
import { findOnPath } from '../find-on-path.ts';
import { withFileLock } from '../file-lock.ts';
import { runProgram, runProgramOrFail } from '../run-program.ts';
import { TEMPORAL_CLI_VERSION } from '../versions.ts';

const BUILD_TIMEOUT_MS = 20 * 60_000;

export interface InstallOptions {
  /** Kept between runs and shared by all sandboxes of a user. */
  cacheDir: string;
  /** Only the pinned build, never `TEMPORAL_CLI` nor PATH: for tests, whose results must not depend on the machine. */
  pinnedOnly?: boolean;
  onProgress?: (line: string) => void;
}

export interface InstalledTemporal {
  /** Absolute path of the `temporal` command. */
  path: string;
  /** Version of the server inside, e.g. `1.29.1`; a database file is only good for the version that made it. */
  serverVersion: string;
}

/** Finds the Temporal command line, or builds it with Go (some minutes, once). */
export async function installTemporal(options: InstallOptions): Promise<InstalledTemporal> {
  const file = (await findTemporal(options)) ?? (await buildTemporal(options));
  return { path: file, serverVersion: await readServerVersion(file) };
}

async function findTemporal(options: InstallOptions): Promise<string | undefined> {
  const named = options.pinnedOnly ? undefined : process.env['TEMPORAL_CLI'];
  if (named !== undefined && named !== '') return requireExecutable(path.resolve(named));
  const pinned = pinnedPath(options.cacheDir);
  if (await isExecutable(pinned)) return pinned;
  return options.pinnedOnly ? undefined : findOnPath('temporal');
}

async function requireExecutable(file: string): Promise<string> {
  if (await isExecutable(file)) return file;
  throw new Failure('sandbox.missing-tool', `TEMPORAL_CLI names ${file}, which is not an executable file.`);
}

async function buildTemporal(options: InstallOptions): Promise<string> {
  const go = await findOnPath('go', ['/usr/local/go/bin', '/usr/lib/go/bin']);
  if (go === undefined) {
    throw new Failure(
      'sandbox.missing-tool',
      'The sandbox needs the Temporal command line. Install it (https://temporal.io/setup/install-temporal-cli) and ' +
        'put it on PATH or name it in TEMPORAL_CLI; or install Go 1.26 or newer, and it is built here.',
    );
  }
  await mkdir(options.cacheDir, { recursive: true });
  return withFileLock(path.join(options.cacheDir, 'temporal.lock'), async () => {
    const target = pinnedPath(options.cacheDir);
    if (await isExecutable(target)) return target;
    options.onProgress?.(`Building the Temporal command line ${TEMPORAL_CLI_VERSION} with Go (about 3 minutes, once)`);
    await goInstall(go, path.dirname(target));
    return target;
  });
}

/** Builds beside the final folder and renames, so that a killed build leaves nothing that looks complete. */
async function goInstall(go: string, folder: string): Promise<void> {
  const scratch = await mkdtemp(`${folder}.building-`);
  try {
    const module = `github.com/temporalio/cli/cmd/temporal@v${TEMPORAL_CLI_VERSION}`;
    await runProgramOrFail([go, 'install', '-ldflags=-s -w', module], {
      cwd: scratch,
      env: { ...process.env, GOBIN: scratch, GOFLAGS: '-mod=mod' },
      timeoutMs: BUILD_TIMEOUT_MS,
    });
    await rm(folder, { recursive: true, force: true });
    await rename(scratch, folder);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function readServerVersion(file: string): Promise<string> {
  const { exitCode, stdout, stderr } = await runProgram([file, '--version'], { timeoutMs: 30_000 });
  const version = /Server (\d+\.\d+\.\d+)/.exec(stdout)?.[1];
  if (version !== undefined) return version;
  const seen = `${stdout}${stderr}`.trim().slice(0, 300);
  throw new Failure('sandbox.missing-tool', `${file} is no Temporal command line: exit code ${exitCode}, ${seen}`);
}

function pinnedPath(cacheDir: string): string {
  return path.join(cacheDir, `temporal-${TEMPORAL_CLI_VERSION}`, 'temporal');
}

async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}
