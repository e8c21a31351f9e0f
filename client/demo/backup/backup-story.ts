import { fileURLToPath } from 'node:url';
import type { Client } from '@temporalio/client';
import { runProgram } from '../../../sandbox/run-program.ts';
import type { SandboxDescription } from '../../../sandbox/index.ts';
import { waitUntil } from '../../../sandbox/wait-until.ts';
import { WORKFLOW_TYPES } from '../../../workflows/contract/messages.ts';
import { BackupClient } from '../../backup-client.ts';
import type { ConnectedClient } from '../../connect.ts';
import { newId } from '../../new-id.ts';
import type { SchedulePart } from '../../../workflows/contract/backup/schedule-parts.ts';
import { changeSchedules, selectSchedules, triggerSchedule } from '../../schedules/operate-schedules.ts';
import { type DemoOptions, throwIfInterrupted } from '../demo-sandbox.ts';
import { DEMO_SET } from './demo-backups.ts';

const FIRE_TIMEOUT_MS = 180_000;
const POLL_MS = 250;
const COMMAND_TIMEOUT_MS = 60_000;
const PROGRAM = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '../../main.ts' : '../../main.js', import.meta.url),
);

/** A line of what happened. */
export interface Told {
  at: string;
  what: string;
}

/** Tells what happens, and does what an operator would do about it. */
export interface Story {
  readonly told: Told[];
  readonly durationsMs: Record<string, number>;
  readonly backups: BackupClient;
  tell(what: string): void;
  /** A chapter, with the time it takes. */
  measure<T>(chapter: string, work: () => Promise<T>): Promise<T>;
  /** Types a command of ours, and shows its answer. */
  type(args: string[]): Promise<string[]>;
  /** Fires a schedule of the set beside its times, and waits for the run. */
  fire<T>(part: SchedulePart): Promise<T>;
  execute<T>(type: keyof typeof WORKFLOW_TYPES, input: object): Promise<T>;
}

export interface StoryOptions extends DemoOptions {
  description: SandboxDescription;
  connected: ConnectedClient;
}

export function createStory(options: StoryOptions): Story {
  const { connected, output, context } = options;
  const { client, target } = connected;
  const told: Told[] = [];
  const durationsMs: Record<string, number> = {};
  return {
    told,
    durationsMs,
    backups: new BackupClient({ client, taskQueue: target.taskQueue }),
    tell(what) {
      told.push({ at: new Date().toISOString(), what });
      output.note(what);
    },
    async measure(chapter, work) {
      throwIfInterrupted(context);
      const startedMs = Date.now();
      const result = await work();
      durationsMs[chapter] = Date.now() - startedMs;
      return result;
    },
    type: (args) => typeCommand(options, args),
    fire: (part) => fireSchedule(client, part),
    execute: <T>(type: keyof typeof WORKFLOW_TYPES, input: object) =>
      client.workflow.execute(WORKFLOW_TYPES[type], {
        taskQueue: target.taskQueue,
        workflowId: `demo-${newId()}`,
        args: [input],
      }) as Promise<T>,
  };
}

async function typeCommand({ description, output }: StoryOptions, args: string[]): Promise<string[]> {
  output.note(`$ temporal-hbase ${args.join(' ')}`);
  const { stdout, stderr } = await runProgram([process.execPath, PROGRAM, ...args], {
    env: { ...process.env, ...description.environment, CI: 'true' },
    timeoutMs: COMMAND_TIMEOUT_MS,
  });
  const lines = `${stdout}${stderr}`.split('\n').filter((line) => line !== '');
  for (const line of lines) output.note(`  ${line}`);
  return lines;
}

/** Fires it when nothing of it runs: the server would skip it without a word. */
async function fireSchedule<T>(client: Client, part: SchedulePart): Promise<T> {
  const { id, last } = await waitUntil(
    async () => {
      const [schedule] = await selectSchedules(client, { set: DEMO_SET, part });
      const info = schedule?.description.info;
      if (schedule === undefined || info === undefined || info.runningActions.length > 0) return undefined;
      await triggerSchedule(client, schedule);
      return { id: schedule.id, last: info.recentActions.at(-1)?.action.workflow.workflowId };
    },
    { what: `${part} of ${DEMO_SET} to be idle`, timeoutMs: FIRE_TIMEOUT_MS, pollMs: POLL_MS },
  );
  const handle = client.schedule.getHandle(id);
  const workflowId = await waitUntil(
    async () => {
      const newest = (await handle.describe()).info.recentActions.at(-1)?.action.workflow.workflowId;
      return newest === last ? undefined : newest;
    },
    { what: `${id} to fire`, timeoutMs: FIRE_TIMEOUT_MS, pollMs: POLL_MS },
  );
  return client.workflow.getHandle(workflowId).result() as Promise<T>;
}

/** Nothing of the set starts any more, and nothing of it is under way. */
export async function pauseSchedules(client: Client, why: string): Promise<void> {
  const paused = await changeSchedules(client, { selection: { set: DEMO_SET }, change: (handle) => handle.pause(why) });
  for (const { id } of paused) {
    const isIdle = async () => (await client.schedule.getHandle(id).describe()).info.runningActions.length === 0;
    const wait = { what: `no run of ${id}`, timeoutMs: FIRE_TIMEOUT_MS, pollMs: POLL_MS };
    await waitUntil(async () => ((await isIdle()) ? true : undefined), wait);
  }
}
