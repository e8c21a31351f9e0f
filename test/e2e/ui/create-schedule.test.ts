import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { loadTables } from '../../../sandbox/index.ts';
import type { BackupReport } from '../../../workflows/contract/backup/step-data.ts';
import { dropNamespaces, makeOwnRoots, removeOwnRoots, waitForFiring, waitUntilIdle } from '../backup/own-roots.ts';
import { newNamespace, openClusters } from '../hbase/open-clusters.ts';
import { openBench, sharedSandbox } from '../support.ts';
import { WebUi } from './web-ui.ts';
import { withScreenshot } from './with-screenshot.ts';

/** The one JSON object that a page tells to paste into the form. */
function readInput(page: string): object {
  const text = readFileSync(new URL(`../../../${page}`, import.meta.url), 'utf8');
  const inputs = [...text.matchAll(/```json\n(\{[^`]*"cause"[^`]*\})\n```/g)].map(([, json = '']) => json);
  expect(inputs, page).toHaveLength(1);
  return JSON.parse(inputs[0] ?? '') as object;
}

test('Web UI: a schedule that is made there alone, with the documented input, backs up', async () => {
  const input = readInput('docs/backup-schedules.md');
  expect(readInput('README.md')).toEqual(input);
  const namespace = newNamespace();
  await using opened = openClusters(sharedSandbox().clustersFile);
  const roots = await makeOwnRoots(sharedSandbox(), namespace);
  await using bench = await openBench(roots.sandbox, `ui-${namespace}`);
  await loadTables(bench.sandbox.clusters.old, [{ name: `${namespace}:t`, rows: 100 }]);
  await using ui = await WebUi.open(bench.sandbox.uiUrl);
  const name = `by-hand-${namespace}`;
  await withScreenshot(ui, async () => {
    await ui.createSchedule({
      name,
      workflowType: 'backUpTables',
      taskQueue: bench.taskQueue,
      workflowId: name,
      input: JSON.stringify({ ...input, tables: [`${namespace}:*`], root: 'own', set: namespace }),
      everySeconds: 10,
    });
    const report = await waitForFiring<BackupReport>(bench, { id: name, known: 0 });
    expect(report).toMatchObject({ set: namespace, tables: [`${namespace}:t`], failed: [] });
    await bench.temporal.schedule.getHandle(name).pause();
    await waitUntilIdle(bench, name);
    await ui.openSchedule(name);
    await ui.waitForText('Completed');
  });
  await bench.temporal.schedule.getHandle(name).delete();
  expect(await bench.findNewLeaks()).toEqual([]);
  await dropNamespaces(opened.cluster('old'), [namespace]);
  await removeOwnRoots(roots, opened.cluster('new'));
});
