import { createHash } from 'node:crypto';
import { Failure } from '../failure.ts';
import type { FileStore } from '../hbase/cluster.ts';
import { fromClaimName, parseJobKey, toClaimName } from './job-key.ts';
import type { JobKey, JobSpec } from './jobs.ts';

/** Who may start a job, written once. WARNING: on users' clusters; fields are only ever added. */
export interface JobClaim {
  formatVersion: 1;
  key: JobKey;
  /** `host:port` of the gateway that alone may start it. */
  host: string;
  /** Of that host when it was claimed: after a reboot nothing is started any more. */
  bootId: string;
  /** sha256 of the input, to tell a retry from another job. */
  inputDigest: string;
  input: Omit<JobSpec, 'key'>;
  claimedAt: string;
}

const LAUNCHED = '.launched';

/**
 * Claims on the cluster's HDFS (hazards 28, 29), below `<runsDir>/<runId>/jobs/`:
 *
 *     <step>~<subject>~<generation>            the claim; create-if-absent
 *     <step>~<subject>~<generation>.launched   its host has started it, and where: so that it is not started again
 *                                              when the host's folder is lost
 */
export class JobClaims {
  readonly #files: FileStore;
  readonly #runsDir: string;
  /** A claim never changes, and a job is polled often. */
  readonly #known = new Map<JobKey, JobClaim>();

  constructor(files: FileStore, runsDir: string) {
    this.#files = files;
    this.#runsDir = runsDir;
  }

  async read(key: JobKey): Promise<JobClaim | undefined> {
    return this.#known.get(key) ?? (await this.readFresh(key));
  }

  /** Past the cache: somebody else may have removed it. */
  async readFresh(key: JobKey): Promise<JobClaim | undefined> {
    this.#known.delete(key);
    const text = await this.#files.read(this.#path(key));
    if (text === undefined) return undefined;
    const claim = parseClaim(text, key);
    this.#known.set(key, claim);
    return claim;
  }

  /** The claim that stands: ours, just created, or the one that was there. */
  async ensure(job: JobSpec, place: { host: string; bootId: string }): Promise<{ claim: JobClaim; created: boolean }> {
    const { key, ...input } = job;
    const claim: JobClaim = {
      formatVersion: 1,
      key,
      ...place,
      inputDigest: digestInput(job),
      input,
      claimedAt: new Date().toISOString(),
    };
    if (await this.#files.create(this.#path(key), JSON.stringify(claim, undefined, 2))) {
      this.#known.set(key, claim);
      return { claim, created: true };
    }
    const standing = await this.readFresh(key);
    if (standing === undefined)
      throw new Failure('job.unknown', `The claim of job ${key} was removed while it was being made; look again.`);
    return { claim: standing, created: false };
  }

  async noteLaunched(key: JobKey, process: Record<string, string>): Promise<void> {
    await this.#files.create(this.#path(key) + LAUNCHED, JSON.stringify(process, undefined, 2));
  }

  async isLaunched(key: JobKey): Promise<boolean> {
    return (await this.#files.read(this.#path(key) + LAUNCHED)) !== undefined;
  }

  /** The claim goes last: without it nothing would know of the rest. */
  async remove(key: JobKey): Promise<void> {
    await this.#files.remove(this.#path(key) + LAUNCHED);
    await this.#files.remove(this.#path(key));
    this.#known.delete(key);
  }

  async list(runId: string): Promise<JobKey[]> {
    const entries = await this.#files.list(`${this.#runsDir}/${runId}/jobs`);
    return entries
      .filter(({ name, directory }) => !directory && !name.endsWith(LAUNCHED))
      .map(({ name }) => fromClaimName(runId, name))
      .filter((key) => key !== undefined)
      .sort();
  }

  #path(key: JobKey): string {
    const parts = parseJobKey(key);
    return `${this.#runsDir}/${parts.runId}/jobs/${toClaimName(parts)}`;
  }
}

function parseClaim(text: string, key: JobKey): JobClaim {
  try {
    const claim = JSON.parse(text) as Partial<JobClaim>;
    if (claim.key === key && typeof claim.host === 'string' && typeof claim.bootId === 'string')
      return claim as JobClaim;
  } catch {
    // Reported below, with the content being what matters.
  }
  throw new Failure(
    'job.unknown',
    `The claim of job ${key} is damaged: ${text.slice(0, 200)}. It is not started again.`,
  );
}

/** Refuses a key that was used for another input: a new one needs a new generation. */
export function requireSameInput(job: JobSpec, claim: JobClaim): void {
  if (claim.inputDigest === digestInput(job)) return;
  const message = `Job ${job.key} was claimed at ${claim.claimedAt} with another input; a changed input needs a new generation.`;
  throw new Failure('job.conflict', message, { host: claim.host });
}

function digestInput({ key: _key, ...input }: JobSpec): string {
  return createHash('sha256').update(canonical(input)).digest('hex');
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_name, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
