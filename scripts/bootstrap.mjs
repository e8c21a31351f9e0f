// Runs before `npm test` and `npm run demo` on a fresh clone: installs what the lockfile names when it has changed,
// with plain Node and no imports but Node's own, since nothing is installed yet.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';

const root = new URL('..', import.meta.url);
const stamp = new URL('node_modules/.bootstrap', root);
const lock = createHash('sha256')
  .update(readFileSync(new URL('package-lock.json', root)))
  .digest('hex');
const runtime = new URL('node_modules/.bin/node', root);

const isCurrent = () => existsSync(stamp) && readFileSync(stamp, 'utf8') === lock && existsSync(runtime);

function fail(message) {
  console.error(`bootstrap: ${message}`);
  process.exit(14);
}

if (!isCurrent()) {
  console.error('bootstrap: installing the packages of package-lock.json (about a minute, once)');
  const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    timeout: 15 * 60_000,
  });
  if (npm.error) fail(`npm could not be started (${npm.error.message}). Install Node.js with npm, 20 or newer.`);
  if (npm.status !== 0) fail(`npm ci failed with ${npm.status ?? npm.signal}. Run \`npm ci\` to see why.`);
  if (!existsSync(runtime))
    fail('node_modules/.bin/node is missing: npm blocked its install script. Run `npm rebuild node`.');
  mkdirSync(new URL('node_modules/', root), { recursive: true });
  writeFileSync(stamp, lock);
}
