import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { approve, until, type Handle } from '../workflows/smoke-harness.ts';
import { requestFor, startModelEnvironment, type ModelEnvironment, type Site } from '../workflows/model-environment.ts';

/**
 * Records histories of THIS version into `histories/<version>/`. Run it when a version is released, from its tag, and
 * commit what it writes: `node test/replay/record.ts`. Never record from a branch that is to be checked against them,
 * or the check compares new code with itself.
 */
const version = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
).version;
const folder = fileURLToPath(new URL(`./histories/${version}/`, import.meta.url));

type Story = (site: Site) => Promise<Handle>;

const STORIES: Record<string, Story> = {
  'migrate-tables': async ({ addTables, start }) => {
    await addTables(['shop:a', 'shop:b']);
    const handle = await start(requestFor(['shop:*']));
    await approve(handle);
    await handle.result();
    return handle;
  },
  'migrate-tables-rejected-then-cancelled': async ({ addTables, start }) => {
    await addTables(['shop:a']);
    const handle = await start(requestFor(['shop:a']));
    await until(handle, ({ canCutOver }) => canCutOver);
    await handle.executeUpdate('rejectCutover', { args: [{ by: 'ann' }] });
    await handle.signal('approveCutover', { by: 'ann', digest: 'stale' });
    await handle.signal('cancelMigration', { dropTargetTables: true });
    await handle.result().catch(() => {});
    return handle;
  },
  'migrate-tables-in-flight': async ({ addTables, start }) => {
    await addTables(['shop:a']);
    const handle = await start(requestFor(['shop:a']));
    await until(handle, ({ canCutOver }) => canCutOver);
    return handle;
  },
};

const env = await startModelEnvironment();
mkdirSync(folder, { recursive: true });
for (const [name, story] of Object.entries(STORIES))
  await env.withWorld(async (site) => record(name, await story(site)));
await env.stop();
process.exit(0);

async function record(name: string, handle: Handle): Promise<void> {
  write(name, await handle.fetchHistory());
  if (name !== 'migrate-tables') return;
  const child = childOf(env, handle);
  write('bootstrap-table', await child.fetchHistory());
}

function childOf({ temporal }: ModelEnvironment, { workflowId }: Handle) {
  return temporal.client.workflow.getHandle(`${workflowId}/shop:a`);
}

function write(name: string, history: Parameters<typeof historyToJSON>[0]): void {
  writeFileSync(`${folder}${name}.json`, `${historyToJSON(history)}\n`);
  console.log(`recorded ${version}/${name}: ${history.events?.length} events`);
}
