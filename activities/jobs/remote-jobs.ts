import { Failure } from '../failure.ts';
import type { FileStore } from '../hbase/cluster.ts';
import type { ClusterName } from '../../workflows/contract/names.ts';
import type { Gateway } from '../ssh/gateway.ts';
import { JobClaims, requireSameInput, type JobClaim } from './job-claims.ts';
import type { HostState } from './host-state.ts';
import type { JobKey, Jobs, JobSpec, JobState } from './jobs.ts';
import { Launcher, type Script } from './launcher.ts';
import { Orphans } from './orphans.ts';

export interface JobsOptions {
  gateway: Gateway;
  /** The cluster's HDFS, for claims. */
  files: FileStore;
  /** `<stateDir>/runs`, where the run records are. */
  runsDir: string;
  /** The fence guard's script: an asset of the layer above. */
  guardScript: () => Script;
  /** The shared runner ends after this without work. Default 20. */
  runnerIdleSeconds?: number;
}

export function createJobs(options: JobsOptions): Jobs {
  return new RemoteJobs(options);
}

class RemoteJobs implements Jobs {
  readonly cluster: ClusterName;
  readonly #gateway: Gateway;
  readonly #claims: JobClaims;
  readonly #launcher: Launcher;
  readonly #orphans: Orphans;

  constructor({ gateway, files, runsDir, guardScript, runnerIdleSeconds = 20 }: JobsOptions) {
    this.cluster = gateway.cluster.name;
    this.#gateway = gateway;
    this.#claims = new JobClaims(files, runsDir);
    this.#launcher = new Launcher({ gateway, guardScript, runnerIdleSeconds });
    this.#orphans = new Orphans(gateway);
  }

  async ensure(job: JobSpec): Promise<JobState> {
    const standing = await this.#claims.readFresh(job.key);
    const { claim, created } = standing === undefined ? await this.#claim(job) : { claim: standing, created: false };
    requireSameInput(job, claim);
    return await this.#whileReachable(claim, async () => {
      const seen = created ? await this.#launcher.start(job, claim) : await this.#attach(job, claim);
      if (seen.phase !== 'absent') await this.#claims.noteLaunched(job.key, toProcess(claim, seen));
      return await this.#settle(claim, seen);
    });
  }

  async poll(key: JobKey, logFrom = 0): Promise<JobState> {
    const claim = await this.#claims.read(key);
    if (claim === undefined) return absent(key);
    return await this.#whileReachable(claim, async () => {
      const seen = await this.#launcher.poll(claim, logFrom);
      return seen.phase === 'absent' ? await this.#judgeAbsent(claim, seen) : await this.#settle(claim, seen);
    });
  }

  async stop(key: JobKey): Promise<void> {
    const claim = await this.#claims.readFresh(key);
    if (claim === undefined) return;
    let state = await this.#launcher.poll(claim, 0);
    // First the application: a driver that sees it end ends by itself, and a killed driver leaves it behind.
    await this.#orphans.end(claim, state);
    state = await this.#launcher.stop(claim);
    if (state.phase === 'running' || state.phase === 'starting')
      throw this.#stillThere(claim, 'did not end after KILL');
    await this.#orphans.end(claim, state);
  }

  async remove(key: JobKey): Promise<void> {
    const claim = await this.#claims.readFresh(key);
    if (claim === undefined) return;
    const state = await this.#launcher.remove(claim);
    if (state.phase !== 'absent' && !isRebooted(claim, state))
      throw this.#stillThere(claim, 'still runs; stop it first');
    await this.#claims.remove(key);
  }

  list(runId: string): Promise<JobKey[]> {
    return this.#claims.list(runId);
  }

  /** Only the host that was claimed may start the job, and never again when it once did (I7). */
  async #attach(job: JobSpec, claim: JobClaim): Promise<HostState> {
    const seen = await this.#launcher.poll(claim, 0);
    if (seen.phase !== 'absent') return seen;
    if (await this.#claims.isLaunched(job.key)) return { ...seen, phase: 'lost' };
    return await this.#launcher.start(job, claim);
  }

  /** The host that answers first, in order of preference, is the one that may start the job. */
  async #claim(job: JobSpec): Promise<{ claim: JobClaim; created: boolean }> {
    const first = this.#gateway.hostInUse;
    const failures: Failure[] = [];
    for (const host of [first, ...this.#gateway.hosts.filter((other) => other !== first)]) {
      try {
        return await this.#claims.ensure(job, { host, bootId: await this.#launcher.probe(host) });
      } catch (error) {
        if (!(error instanceof Failure) || error.code !== 'ssh.unreachable') throw error;
        failures.push(error);
      }
    }
    const message = `No gateway of ${this.cluster} answers: ${failures.map((failure) => failure.message).join('; ')}`;
    throw new Failure('ssh.unreachable', message, { cluster: this.cluster, ...failures[0]?.place });
  }

  /** Claimed, and nothing on its host: not started yet, removed by somebody else, or started and its folder lost. */
  async #judgeAbsent(claim: JobClaim, seen: HostState): Promise<JobState> {
    if ((await this.#claims.readFresh(claim.key)) === undefined) return absent(claim.key);
    const phase = (await this.#claims.isLaunched(claim.key)) ? 'lost' : 'absent';
    return await this.#settle(claim, { ...seen, phase });
  }

  /** `lost` is only said when nothing of the job works any more, on YARN either. */
  async #settle(claim: JobClaim, state: HostState): Promise<JobState> {
    if (state.phase === 'lost') await this.#orphans.end(claim, state);
    const { applicationIds, bootId: _boot, pid: _pid, pidStart: _start, ...rest } = state;
    const applicationId = applicationIds.at(-1);
    return { key: claim.key, host: claim.host, ...rest, ...(applicationId === undefined ? {} : { applicationId }) };
  }

  /** A host that does not answer proves nothing: hold. A refused login or a wrong host key needs a person and is thrown. */
  async #whileReachable(claim: JobClaim, look: () => Promise<JobState>): Promise<JobState> {
    try {
      return await look();
    } catch (error) {
      if (!(error instanceof Failure) || (error.code !== 'ssh.unreachable' && error.code !== 'ssh.failed')) throw error;
      return { key: claim.key, host: claim.host, phase: 'unknown', log: '', logOffset: 0, counters: {} };
    }
  }

  #stillThere({ key, host }: JobClaim, why: string): Failure {
    return new Failure('job.unknown', `Job ${key} on ${host} of ${this.cluster} ${why}.`, {
      cluster: this.cluster,
      host,
    });
  }
}

function toProcess({ host }: JobClaim, { bootId, pid = '', pidStart = '' }: HostState): Record<string, string> {
  return { host, bootId, pid, pidStart };
}

function absent(key: JobKey): JobState {
  return { key, phase: 'absent', log: '', logOffset: 0, counters: {} };
}

/** After a reboot the host has nothing of the job but perhaps its folder, which is gone now. */
function isRebooted(claim: JobClaim, state: HostState): boolean {
  return state.phase === 'lost' && state.bootId !== claim.bootId;
}
