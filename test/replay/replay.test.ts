import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { beforeAll, describe, expect, it } from 'vitest';

/** Runs in flight survive an upgrade: every recorded history gives the same commands with the code of today. */

const here = fileURLToPath(new URL('.', import.meta.url));
const files = globSync('histories/*/*.json', { cwd: here }).toSorted();
const logger = new DefaultLogger('ERROR');

let workflowBundle: { code: string };
beforeAll(async () => {
  Runtime.install({ logger });
  workflowBundle = await bundleWorkflowCode({ workflowsPath: `${here}../../workflows/index.ts`, logger });
});

interface HistoryEvent {
  eventType: string;
  activityTaskScheduledEventAttributes?: { activityType: { name: string } };
}
interface History {
  events: HistoryEvent[];
}

const readHistory = (file: string): History => JSON.parse(readFileSync(here + file, 'utf8')) as History;
const replay = (history: unknown): Promise<void> => Worker.runReplayHistory({ workflowBundle }, history);

describe('replay', () => {
  it('there are histories of at least one released version', () => {
    expect(files).not.toEqual([]);
  });

  it.each(files)('%s gives the same commands', async (file) => {
    await replay(readHistory(file));
  });

  it('a changed order of commands is caught', async () => {
    const history = readHistory(files.find((file) => file.endsWith('/migrate-tables.json'))!);
    const scheduled = history.events.filter((event) => event.activityTaskScheduledEventAttributes !== undefined);
    const [first, second] = scheduled;
    [first!.activityTaskScheduledEventAttributes, second!.activityTaskScheduledEventAttributes] = [
      second!.activityTaskScheduledEventAttributes!,
      first!.activityTaskScheduledEventAttributes!,
    ];
    await expect(replay(history)).rejects.toThrow(/TMPRL1100|[Nn]ondeterminism/);
  });

  it('a renamed step is caught', async () => {
    const history = readHistory(files.find((file) => file.endsWith('/migrate-tables.json'))!);
    const addPeer = history.events.find(
      ({ activityTaskScheduledEventAttributes: scheduled }) => scheduled?.activityType.name === 'hbase.addPeer',
    );
    addPeer!.activityTaskScheduledEventAttributes!.activityType.name = 'hbase.openPeer';
    await expect(replay(history)).rejects.toThrow(/TMPRL1100|[Nn]ondeterminism/);
  });
});
