// Compiles to dist/ and copies what the compiler does not: the agent's Ruby, launchers, Java and XML (hazard 37).
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, rmSync } from 'node:fs';
import { extname } from 'node:path';

const root = new URL('..', import.meta.url);
const ASSETS = new Set(['.rb', '.sh', '.java', '.xml', '.properties', '.html', '.css']);
const folders = ['workflows', 'activities', 'worker', 'client', 'sandbox'];

rmSync(new URL('dist', root), { recursive: true, force: true });
const tsc = spawnSync('tsc', ['-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit', timeout: 5 * 60_000 });
if (tsc.status !== 0) process.exit(tsc.status ?? 1);

for (const folder of folders) {
  cpSync(new URL(folder, root), new URL(`dist/${folder}`, root), {
    recursive: true,
    filter: (path) => extname(path) === '' || ASSETS.has(extname(path)),
  });
}
chmodSync(new URL('dist/client/bin.js', root), 0o755);
