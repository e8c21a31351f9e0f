import { CancellationScope, condition } from '@temporalio/workflow';
import { toAlertText } from '../contract/backup/alert-text.ts';
import type { AlarmKind, AlertEvent, AlertMessage } from '../contract/backup/alerts.ts';
import type { MigrationReport } from '../contract/status.ts';
import { listAlarms, nextDueMs, toEndAlarm, type Alarm } from './judge-alarms.ts';
import { toIso } from './keeper.ts';
import type { Run } from './run.ts';
import { step } from './step-proxies.ts';
import { isCancelled, toCause } from './workflow-failure.ts';

/** Tells the targets that the request names, while `work` runs and at its end. A run that names none costs nothing. */
export async function withAlarms(run: Run, work: () => Promise<MigrationReport>): Promise<MigrationReport> {
  const { alerts } = run.plan.request;
  if (alerts === undefined) return work();
  const alarms = new Alarms(run, alerts);
  alarms.start();
  try {
    return await work();
  } finally {
    await alarms.end();
  }
}

/** Each alarm is told once, and once that it is over. Wakes when the status changes, and when a blocker has grown old. */
class Alarms {
  readonly #run: Run;
  readonly #asked: { to: string[]; blockerAfterMs: number };
  readonly #scope = new CancellationScope();
  #told = new Map<string, Alarm>();
  #ended: Promise<void> = Promise.resolve();

  constructor(run: Run, asked: { to: string[]; blockerAfterMs: number }) {
    this.#run = run;
    this.#asked = asked;
  }

  start(): void {
    this.#ended = this.#scope
      .run(() => this.#loop())
      .catch((error: unknown) => {
        if (!isCancelled(error)) throw error;
      });
  }

  async end(): Promise<void> {
    this.#scope.cancel();
    await this.#ended;
    await this.#tell('raised', toEndAlarm(this.#run.keeper.status, toIso(Date.now())));
  }

  async #loop(): Promise<void> {
    for (;;) {
      const { raised, over } = this.#changes();
      for (const alarm of raised) this.#told.set(alarm.key, alarm);
      for (const { key } of over) this.#told.delete(key);
      await Promise.all([
        ...raised.map((alarm) => this.#tell('raised', alarm)),
        ...over.map((alarm) => this.#tell('recovered', alarm)),
      ]);
      await this.#untilChanged();
    }
  }

  #changes(): { raised: Alarm[]; over: Alarm[] } {
    const now = listAlarms(this.#run.keeper.status, { blockerAfterMs: this.#asked.blockerAfterMs, nowMs: Date.now() });
    const keys = new Set(now.map(({ key }) => key));
    return {
      raised: now.filter(({ key }) => !this.#told.has(key)),
      over: [...this.#told.values()].filter(({ key }) => !keys.has(key)),
    };
  }

  #nextDue(): number | undefined {
    return nextDueMs(this.#run.keeper.status, { blockerAfterMs: this.#asked.blockerAfterMs, nowMs: Date.now() });
  }

  async #untilChanged(): Promise<void> {
    const dueMs = this.#nextDue();
    const hasChanged = (): boolean => {
      const { raised, over } = this.#changes();
      return raised.length + over.length > 0 || this.#nextDue() !== dueMs;
    };
    if (hasChanged()) return;
    if (dueMs === undefined) await condition(hasChanged);
    else await condition(hasChanged, dueMs - Date.now(), { summary: 'until a blocker is told of' });
  }

  /** A target that does not answer stops nothing: it is in the status. */
  async #tell(event: AlertEvent, alarm: Alarm): Promise<void> {
    const message = toMessage(this.#run, { event, alarm });
    await Promise.all(
      this.#asked.to.map((target) =>
        step('sendAlert', { target, message }, { summary: `tell ${target}: ${message.text}` }).catch(
          (error: unknown) => {
            if (isCancelled(error)) throw error;
            this.#run.keeper.notice(`not told to ${target}: ${toCause(error).message}`);
          },
        ),
      ),
    );
  }
}

function toMessage({ plan }: Run, { event, alarm }: { event: AlertEvent; alarm: Alarm }): AlertMessage {
  const { kind, subject, since, message } = alarm;
  const { source, target, workflowId, runId } = plan;
  const level = event === 'recovered' ? 'ok' : alarm.level;
  const place = `migration ${workflowId} (${source.name} → ${target.name})`;
  return {
    formatVersion: 1,
    id: [runId, kind satisfies AlarmKind, subject ?? '', since, event].join('/'),
    event,
    at: toIso(Date.now()),
    since,
    set: '',
    cluster: source.name,
    root: '',
    migration: { workflowId, target: target.name },
    level,
    kind,
    ...(subject === undefined ? {} : { subject }),
    message,
    text: toAlertText({ event, level, since, message, place }),
  };
}
