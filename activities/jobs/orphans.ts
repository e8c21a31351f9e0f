import { Failure } from '../failure.ts';
import type { Gateway } from '../ssh/gateway.ts';
import type { HostState } from './host-state.ts';
import type { JobClaim } from './job-claims.ts';

const YARN_TIMEOUT_MS = 120_000;
const FINAL = /Final-State\s*:\s*(?:SUCCEEDED|FAILED|KILLED)|State\s*:\s*(?:FINISHED|FAILED|KILLED)/;
const UNKNOWN = /ApplicationNotFoundException|doesn't exist in RM/;

/**
 * YARN applications whose driver is gone. They copy on, but the driver's last steps never come, and a new generation
 * of the job would work against them (sandbox.md A.7): they are killed before a job is called lost.
 */
export class Orphans {
  readonly #gateway: Gateway;
  /** Proven to have ended: an ended application never begins again. */
  readonly #ended = new Set<string>();

  constructor(gateway: Gateway) {
    this.#gateway = gateway;
  }

  /** @throws Failure `job.unknown` when YARN does not say that the application has ended. */
  async end(claim: JobClaim, { applicationIds, phase }: HostState): Promise<void> {
    if (phase === 'exited') return;
    for (const id of applicationIds.filter((known) => !this.#ended.has(known))) {
      await this.#yarn(claim, ['application', '-kill', id]);
      const output = await this.#yarn(claim, ['application', '-status', id]);
      if (!FINAL.test(output) && !UNKNOWN.test(output)) throw this.#notEnded(claim, { id, output });
      this.#ended.add(id);
    }
  }

  async #yarn({ host }: JobClaim, args: string[]): Promise<string> {
    const argv = ['timeout', '-k', '5', '100', this.#gateway.cluster.programs.yarn, ...args];
    const { stdout, stderr } = await this.#gateway.exec(argv, { host, login: true, timeoutMs: YARN_TIMEOUT_MS });
    return stdout + stderr;
  }

  #notEnded({ key, host }: JobClaim, { id, output }: { id: string; output: string }): Failure {
    const cluster = this.#gateway.cluster.name;
    const message = `YARN does not say that ${id} of job ${key} on ${cluster} has ended, so it is not started again.`;
    return new Failure('job.unknown', message, { cluster, host, logTail: output.slice(-1024) });
  }
}
