/**
 * The closed table of failures. Every error a user sees has one of these codes; the code decides whether Temporal
 * retries, who must act, what to do, and the exit code of the command line. `docs/troubleshooting.md` is generated
 * from it.
 *
 * WARNING: codes are `ApplicationFailure.type` in recorded histories. Never rename one.
 */
export interface FailureKind {
  /** May it heal by itself? Infrastructure failures are retried without limit, others fail the step at once. */
  readonly retry: boolean;
  /** Who must act. */
  readonly actor: 'user' | 'operator' | 'infra' | 'maintainer';
  /** Exit code of the command line. */
  readonly exit: number;
  /** What to do, one sentence. */
  readonly hint: string;
}

const row = (
  [retry, actor, exit]: [retry: boolean, actor: FailureKind['actor'], exit: number],
  hint: string,
): FailureKind => ({ retry, actor, exit, hint });

export const FAILURES = {
  'request.invalid': row([false, 'user', 2], 'Correct every listed field and start again; nothing was written.'),
  'inventory.invalid': row([false, 'operator', 3], 'Correct the clusters file at the line given.'),
  'inventory.mismatch': row([true, 'operator', 3], 'Give all workers of this task queue the same clusters file.'),
  'backups.invalid': row([false, 'operator', 3], 'Correct the backups file at the line given; nothing was applied.'),
  'cluster.unknown': row([false, 'user', 3], 'Use a cluster named in the clusters file, or add it there.'),
  'preflight.failed': row(
    [false, 'user', 5],
    'Fix every error listed, accept warnings by "acceptWarnings"; nothing was written.',
  ),
  'ssh.unreachable': row(
    [true, 'infra', 4],
    'Check host, port and network; the step goes on by itself once the host answers.',
  ),
  'ssh.host-key': row(
    [false, 'operator', 4],
    'Compare the fingerprint with the host, then pin the line shown in the clusters file.',
  ),
  'ssh.auth': row([false, 'operator', 4], 'Check user, key file and the authorized_keys of the host.'),
  'ssh.failed': row([true, 'infra', 4], 'The connection broke; the step looks again and goes on.'),
  'agent.unavailable': row(
    [true, 'operator', 4],
    'Check the path of `hbase`, the Java version and the log lines shown.',
  ),
  'agent.misconfigured': row(
    [false, 'operator', 4],
    'Correct the path of `hbase` or the environment in the clusters file.',
  ),
  'agent.expired': row([true, 'infra', 4], 'The request was too old to be carried out; the step looks again.'),
  'hbase.failed': row([true, 'infra', 6], 'HBase refused or timed out; the step looks at the real state and goes on.'),
  'hbase.denied': row([false, 'operator', 6], 'Grant the named right to the user of the gateway, then retry.'),
  'hbase.not-found': row([false, 'user', 6], 'The table, snapshot or peer is gone; look who removed it.'),
  'hbase.refused': row(
    [false, 'operator', 6],
    'The cluster cannot hold a table like this, as the message says; install what it lacks or change the table, then retry it.',
  ),
  'hbase.unsupported': row(
    [false, 'operator', 6],
    'This version of HBase lacks what the step needs; the message says what.',
  ),
  'hdfs.failed': row([true, 'infra', 6], 'HDFS refused or timed out; the step looks again.'),
  'job.failed': row([false, 'operator', 7], 'Read the end of the job log; fix the cause, then retry the table.'),
  'job.unknown': row(
    [true, 'operator', 7],
    'The host that ran the job does not answer; the step holds until it is proven that the job ended.',
  ),
  'job.conflict': row(
    [false, 'maintainer', 7],
    'A job with this key was started with another input; use a new generation.',
  ),
  'step.not-converged': row([true, 'infra', 6], 'The change is not visible yet; the step looks again.'),
  'run.claimed': row(
    [false, 'user', 8],
    'Another run holds this table; follow it, or clean it with `temporal-hbase clean <run>`.',
  ),
  'run.unknown': row([false, 'user', 8], 'List the runs with `temporal-hbase leaks`.'),
  'run.active': row(
    [false, 'user', 8],
    'Cancel the run, or wait for its end; one that is unknown to Temporal is cleaned with `--force`.',
  ),
  'run.leaks': row([false, 'operator', 9], 'Remove what is listed with `temporal-hbase clean <run>`.'),
  'table.quarantined': row([false, 'user', 7], 'Fix the cause shown, then retry the table, or cut over without it.'),
  'target.has-data': row(
    [false, 'user', 5],
    'Drop or rename the target table, or choose another target; it is never overwritten.',
  ),
  'peer.changed': row(
    [false, 'operator', 6],
    'Somebody changed the replication peer of this run; start again after cancelling.',
  ),
  'root.unusable': row(
    [false, 'operator', 16],
    'Make the backup root reachable, writable and large enough; nothing was started.',
  ),
  'root.busy': row([true, 'infra', 16], 'Another run holds the backup root; this one goes on when it is done.'),
  'root.other-cluster': row(
    [false, 'user', 16],
    'Give this cluster a root of its own, or allow the shared one with "allowOtherCluster".',
  ),
  'root.lease-lost': row(
    [false, 'operator', 16],
    'Somebody released what this run held in the root; look who cleaned it, then start again.',
  ),
  'root.unsafe': row(
    [false, 'operator', 16],
    'Look at each thing listed and repair or remove it, then expire again; nothing was deleted.',
  ),
  'backup.conflict': row(
    [false, 'maintainer', 16],
    'Another file stands where one of this backup belongs; nothing was overwritten. Start again, and report it.',
  ),
  'backup.failed': row([false, 'operator', 16], 'Fix the cause shown for each table, then back up again.'),
  'backup.partial': row(
    [false, 'operator', 16],
    'Fix the cause shown for each table that is missing, then back up again.',
  ),
  'backup.damaged': row(
    [false, 'operator', 16],
    'Take another backup: `temporal-hbase backup list` shows the sound ones.',
  ),
  'backup.unknown': row([false, 'user', 16], 'List the backups of the root with `temporal-hbase backup list`.'),
  'export.new-base': row(
    [false, 'user', 16],
    'Begin anew with "newBase": true, which exports the tables whole, or name another chain.',
  ),
  'export.unknown': row([false, 'user', 16], 'List the chains of the root with `temporal-hbase backup exports`.'),
  'archive.gap': row(
    [false, 'operator', 16],
    'Instants in the gap cannot be restored; a new base was started, after it they can. Remove the cause named.',
  ),
  'restore.differs': row(
    [false, 'operator', 16],
    'The backup in its root is what was recorded, the copy on the cluster was not: look at its disks, then restore again.',
  ),
  'alert.undelivered': row(
    [true, 'operator', 16],
    'Look at the target in the clusters file and at what answers there; it is tried again, by the next watch too.',
  ),
  'restore.instant': row(
    [false, 'user', 16],
    'Choose an instant inside one of the intervals listed, or restore a backup as it is.',
  ),
  'verify.mismatch': row([false, 'operator', 10], 'Look at the example rows on the gateway, then retry the table.'),
  'verify.unreadable': row(
    [false, 'operator', 10],
    'Bring the WAL back. A run that is held goes on after resume; a table that is blocked by it is retried, and compared whole.',
  ),
  'message.refused': row([false, 'user', 11], 'Look at the status, then send what it asks for.'),
  'gate.expired': row([false, 'user', 11], 'The approval did not come in time; everything was undone. Start again.'),
  'gate.rejected': row([false, 'user', 11], 'The cutover was rejected; approve later or cancel.'),
  'cutover.too-slow': row(
    [false, 'user', 12],
    'Raise maxWritePause, or cut fewer tables at once; writes are back on the source.',
  ),
  'cutover.failed': row([false, 'operator', 12], 'Writes are back on the source; fix the cause and approve again.'),
  'cutover.unfenced-by-guard': row(
    [false, 'operator', 12],
    'The fence guard gave writes back at the deadline; approve again.',
  ),
  'cutover.past-no-return': row([false, 'user', 12], 'The mark is set: the migration only goes forward now.'),
  'switch.failed': row([true, 'operator', 12], 'Run the client switch by hand or fix the command; the target is open.'),
  'temporal.unreachable': row(
    [false, 'operator', 13],
    'Check the address; `temporal-hbase sandbox up` starts a local server.',
  ),
  'temporal.no-worker': row(
    [false, 'operator', 17],
    'Start a worker: `temporal-hbase worker --clusters clusters.yaml`.',
  ),
  'workflow.not-found': row([false, 'user', 13], 'List the runs with `temporal-hbase list`.'),
  'schedule.unknown': row([false, 'user', 13], 'List the schedules with `temporal-hbase backup schedule list`.'),
  'schedule.foreign': row(
    [false, 'user', 13],
    'Rename the set, or delete that schedule in the Temporal Web UI; what others made is never changed.',
  ),
  'sandbox.missing-tool': row([false, 'user', 14], 'Install the named program, or put it on PATH.'),
  'sandbox.failed': row(
    [false, 'maintainer', 14],
    'Read the log named; `temporal-hbase sandbox down` clears what is left.',
  ),
  cancelled: row([false, 'user', 15], 'Everything the run created was undone.'),
  internal: row([false, 'maintainer', 70], 'This is a bug: please report it with the message and the run id.'),
} as const satisfies Record<string, FailureKind>;

export type FailureCode = keyof typeof FAILURES;

/** Where it happened: shown with every failure, never guessed. */
export interface FailurePlace {
  cluster?: string;
  host?: string;
  table?: string;
  step?: string;
  /** The remote command, argv joined for display; never contains a secret. */
  command?: string;
  /** The last lines of stderr or log, at most 1 KB, redacted. */
  logTail?: string;
}

/** One of several problems found at once, e.g. in an input or a preflight. */
export interface Problem {
  /** Path of the field, e.g. `cutover.maxWritePause`, or of the file with line and column. */
  field: string;
  /** What is wrong and which rule it breaks. */
  message: string;
  /** What to do, when it differs from the failure's hint. */
  fix?: string;
}

export interface FailureDetails extends FailurePlace {
  code: FailureCode;
  problems?: Problem[];
}

export function isFailureCode(value: string): value is FailureCode {
  return Object.hasOwn(FAILURES, value);
}
