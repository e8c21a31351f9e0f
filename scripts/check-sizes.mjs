// The house rule of small rooms: no source file over 300 lines, and half of them at 80 or less (CONTRIBUTING).
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const MAX_LINES = 300;
const MEDIAN_LINES = 80;
const root = new URL('..', import.meta.url).pathname;

const files = ['workflows', 'activities', 'worker', 'client', 'sandbox'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => ({
      name: join(folder, name),
      lines: readFileSync(join(root, folder, name), 'utf8').split('\n').length,
    })),
);
const sorted = files.map(({ lines }) => lines).toSorted((a, b) => a - b);
const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
const tooLong = files.filter(({ lines }) => lines > MAX_LINES + 1);
for (const { name, lines } of tooLong) console.error(`${name}: ${lines} lines, at most ${MAX_LINES}`);
console.log(`sizes: ${files.length} files, median ${median} lines, longest ${sorted.at(-1)}`);
process.exit(tooLong.length === 0 && median <= MEDIAN_LINES ? 0 : 1);
