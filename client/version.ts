import { readFileSync } from 'node:fs';

/** The package's own version: its package.json is one folder up from the sources, two from `dist`. */
export function readVersion(): string {
  const depth = import.meta.url.endsWith('.ts') ? '../package.json' : '../../package.json';
  const { version } = JSON.parse(readFileSync(new URL(depth, import.meta.url), 'utf8')) as { version: string };
  return version;
}
