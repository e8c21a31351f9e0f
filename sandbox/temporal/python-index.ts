import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';

const PUBLIC_INDEX = 'https://pypi.org/simple';

/** The package index that pip would ask: `PIP_INDEX_URL`, else `index-url` of pip's configuration, else the public one. */
export async function readIndexUrl(env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const named = env['PIP_INDEX_URL'] ?? '';
  if (named !== '') return named;
  for (const file of listConfigFiles(env)) {
    const text = await readFile(file, 'utf8').catch(ignoreAbsent);
    const url = parseIndexUrl(text);
    if (url !== undefined) return url;
  }
  return PUBLIC_INDEX;
}

/** Strongest first. */
function listConfigFiles(env: NodeJS.ProcessEnv): string[] {
  const home = env['HOME'] ?? homedir();
  const config = env['XDG_CONFIG_HOME'] ?? path.join(home, '.config');
  const chosen = env['PIP_CONFIG_FILE'];
  return [
    ...(chosen === undefined ? [] : [chosen]),
    path.join(config, 'pip', 'pip.conf'),
    path.join(home, '.pip', 'pip.conf'),
    '/etc/pip.conf',
  ];
}

/** `index-url` of the section for all commands, or of the one for downloads, which is stronger. */
export function parseIndexUrl(text: string): string | undefined {
  const found = new Map<string, string>();
  let section = '';
  for (const line of text.split('\n')) {
    section = /^\s*\[([^\]]+)\]/.exec(line)?.[1]?.trim() ?? section;
    const url = /^\s*index[-_]url\s*[=:]\s*(\S+)/.exec(line)?.[1];
    if (url !== undefined) found.set(section, url);
  }
  return found.get('download') ?? found.get('global');
}

function ignoreAbsent(error: unknown): string {
  if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return '';
  throw error;
}
