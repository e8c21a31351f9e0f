import { z } from 'zod';
import {
  KEEP_FIELDS,
  keepSchema,
  oneLine,
  root,
  setName,
  tags,
} from '../../workflows/contract/backup/requests/fields.ts';
import { remind } from '../../workflows/contract/backup/requests/watch-backups.ts';
import { durationSchema } from '../../workflows/contract/requests/duration.ts';
import { cluster, copyLimits, flag, named, someTables } from '../../workflows/contract/requests/fields.ts';
import { CALENDAR_KEYS, TIMING_FIELDS, timingShape, wholeSeconds } from './timing-schema.ts';

const object = <T extends z.ZodRawShape>(shape: T) =>
  z.strictObject(shape, { error: 'must be a group of "name: value" lines' });

const timing = () => object(timingShape);

/** That of the set when it has no time zone of its own. */
const keepOfSet = object({ ...keepSchema.shape, timezone: timingShape.timezone });

const copySchema = object(copyLimits);

const drillSchema = object({ ...timingShape, on: cluster('cluster').optional() });

const pointInTimeSchema = object({
  window: durationSchema({ least: '1h', most: '366d' }),
  every: durationSchema({ least: '1m', most: '1d' }).optional(),
});

const objectiveSchema = object({
  rpo: durationSchema({ least: '1m', most: '3660d' }).optional(),
  proven: durationSchema({ least: '1m', most: '3660d' }).optional(),
});

const alertTarget = named('an alert target');

const alertsSchema = object({
  to: z
    .union([alertTarget.transform((name) => [name]), z.array(alertTarget)], {
      error: 'must be alert targets of the clusters file, never a command line or an URL',
    })
    .optional(),
  every: wholeSeconds({ least: '1m', most: '1d' }).optional(),
  remind: remind.optional(),
});

const setSchema = object({
  cluster: cluster('cluster'),
  tables: someTables,
  root,
  schedule: timing(),
  paused: flag.optional(),
  owner: oneLine('a name').optional(),
  tags,
  copy: copySchema.optional(),
  digests: flag.optional(),
  allowOtherCluster: flag.optional(),
  keep: keepOfSet.optional(),
  expire: timing().optional(),
  drill: drillSchema.optional(),
  pointInTime: pointInTimeSchema.optional(),
  objective: objectiveSchema.optional(),
  alerts: alertsSchema.optional(),
});

const TASK_QUEUE = /^(?!__temporal_)[^\0\n]{1,200}$/;
const TASK_QUEUE_RULE = 'must be the name of a task queue';

/** `backups.yaml` as written. */
export const backupsSchema = object({
  taskQueue: z.string({ error: TASK_QUEUE_RULE }).regex(TASK_QUEUE, { error: TASK_QUEUE_RULE }).optional(),
  sets: z.record(setName, setSchema, { error: 'must be a group of "name:" entries' }),
});

export type BackupsInput = z.output<typeof backupsSchema>;
export type SetInput = BackupsInput['sets'][string];

/** Fields by the shape of their path, where `*` stands for any name. */
export const BACKUPS_FIELDS: Record<string, readonly string[]> = {
  '': Object.keys(backupsSchema.shape),
  'sets.*': Object.keys(setSchema.shape),
  'sets.*.schedule': TIMING_FIELDS,
  'sets.*.schedule.calendar': CALENDAR_KEYS,
  'sets.*.expire': TIMING_FIELDS,
  'sets.*.expire.calendar': CALENDAR_KEYS,
  'sets.*.drill': Object.keys(drillSchema.shape),
  'sets.*.drill.calendar': CALENDAR_KEYS,
  'sets.*.keep': KEEP_FIELDS,
  'sets.*.copy': Object.keys(copySchema.shape),
  'sets.*.pointInTime': Object.keys(pointInTimeSchema.shape),
  'sets.*.objective': Object.keys(objectiveSchema.shape),
  'sets.*.alerts': Object.keys(alertsSchema.shape),
};
