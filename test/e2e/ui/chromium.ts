import path from 'node:path';
import { chromium, type Browser } from 'playwright-core';
import { Failure } from '../../../activities/failure.ts';
import { findOnPath } from '../../../sandbox/find-on-path.ts';
import { runProgramOrFail } from '../../../sandbox/run-program.ts';

const INSTALL_TIMEOUT_MS = 5 * 60_000;
const START_TIMEOUT_MS = 60_000;
const PROGRAMS = ['chromium', 'chromium-browser', 'google-chrome'];

export async function launchChromium(): Promise<Browser> {
  const executablePath = await findChromium();
  return chromium.launch({ executablePath, args: ['--no-sandbox'], timeout: START_TIMEOUT_MS });
}

/** CHROMIUM, else a browser on PATH, else Debian's package when this process may install it. */
async function findChromium(): Promise<string> {
  const named = process.env['CHROMIUM'];
  if (named !== undefined && named !== '') return path.resolve(named);
  return (await findBrowserOnPath()) ?? (await installChromium());
}

async function findBrowserOnPath(): Promise<string | undefined> {
  for (const program of PROGRAMS) {
    const file = await findOnPath(program);
    if (file !== undefined) return file;
  }
  return undefined;
}

async function installChromium(): Promise<string> {
  const apt = await findOnPath('apt-get');
  if (apt === undefined || process.getuid?.() !== 0) {
    throw new Failure(
      'sandbox.missing-tool',
      'The tests of the Web UI need Chromium. Install it, e.g. `sudo apt-get install chromium fonts-dejavu-core`, or ' +
        'name its program in CHROMIUM.',
    );
  }
  await runProgramOrFail([apt, 'install', '-y', '--no-install-recommends', 'chromium', 'fonts-dejavu-core'], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    timeoutMs: INSTALL_TIMEOUT_MS,
  });
  const installed = await findBrowserOnPath();
  if (installed !== undefined) return installed;
  throw new Failure('sandbox.missing-tool', 'chromium was installed, but it is not found on PATH.');
}
