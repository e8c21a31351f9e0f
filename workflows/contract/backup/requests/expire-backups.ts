import { z } from 'zod';
import { durationSchema } from '../../requests/duration.ts';
import { cluster, flag } from '../../requests/fields.ts';
import { parseRequest, type Parsed, type RequestKind } from '../../requests/parse-request.ts';
import type { ExpiryRequest } from '../requests.ts';
import { by, KEEP_FIELDS, keepSchema, root, setName, toRetention } from './fields.ts';

const requestSchema = z.strictObject({
  cluster: cluster('cluster whose gateway does it,'),
  root: root.describe('Name of the storage root in the clusters file that holds the backups.'),
  set: setName.optional().describe('Only backups of this set; each set by itself when left out.'),
  keep: keepSchema.describe('A backup stays when any rule holds it.'),
  grace: durationSchema({ least: '0s', most: '7d' })
    .optional()
    .describe(
      'Between the move to the trash and the second look, 10m by default: at least as long as an export that is not ours may take.',
    ),
  dryRun: flag.default(false).describe('Only list what would go.'),
  by,
});

/** What `expireBackups` is started with. Durations are text, e.g. `"30d"`. */
export type ExpireBackupsInput = z.input<typeof requestSchema>;

/** Shown to whoever starts it with an empty input, and by `temporal-hbase input`. */
export const exampleExpiry = {
  cluster: 'old',
  root: 'backups',
  set: 'shop',
  keep: { last: 7, daily: 14, weekly: 8, monthly: 12 },
  dryRun: true,
} satisfies ExpireBackupsInput;

const EXPIRY: RequestKind<typeof requestSchema, ExpiryRequest> = {
  noun: 'expiry request',
  schema: requestSchema,
  knownFields: { '': Object.keys(requestSchema.shape), keep: KEEP_FIELDS },
  example: exampleExpiry,
  toRequest: ({ set, keep, grace, by: who, ...rest }) => ({
    ...rest,
    keep: toRetention(keep),
    ...(grace === undefined ? {} : { graceMs: grace }),
    ...(set === undefined ? {} : { set }),
    ...(who === undefined ? {} : { by: who }),
  }),
};

/** Parses what a user gave, with every default filled in, or answers with all problems at once. Never throws. */
export function parseExpiryRequest(input: unknown): Parsed<ExpiryRequest> {
  return parseRequest(EXPIRY, input);
}

/** JSON Schema of the input, for editors. */
export function expiryRequestJsonSchema(): object {
  return z.toJSONSchema(requestSchema, { io: 'input' });
}
