import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Failure } from '../failure.ts';
import type { ExecResult } from '../ssh/exec.ts';
import type { Gateway } from '../ssh/gateway.ts';
import type { JobClaim } from './job-claims.ts';
import { toJobCommand, toSeconds } from './job-command.ts';
import { parseHostState, type HostState } from './host-state.ts';
import { parseJobKey } from './job-key.ts';
import type { JobKey, JobSpec } from './jobs.ts';

/** A script that is sent to gateways by content hash. */
export interface Script {
  /** With the hash of the content in its name. */
  fileName: string;
  content: string;
}

export interface LauncherOptions {
  gateway: Gateway;
  /** The fence guard's script, run by `hbase` as `JRUBY` says: `<script> <file with its settings as JSON>`. */
  guardScript: () => Script;
  runnerIdleSeconds: number;
}

/** `sh` ends with it when a script is not on the host yet. */
const SCRIPT_MISSING = 96;
const RUN_SCRIPT = `for f in "$1" "$2"; do [ -z "$f" ] || [ -f "$f" ] || exit ${SCRIPT_MISSING}; done; s=$1; shift 2; exec sh "$s" "$@"`;
const EXEC_TIMEOUT_MS = 120_000;

/** Drives `launch.sh` on gateway hosts. Every call is safe to repeat. */
export class Launcher {
  readonly #gateway: Gateway;
  readonly #launch = loadAsset('launch', 'sh');
  readonly #runner = loadAsset('runner', 'rb');
  readonly #options: LauncherOptions;

  constructor(options: LauncherOptions) {
    this.#gateway = options.gateway;
    this.#options = options;
  }

  /** Boot id of a host, which also proves that it answers and can hold our files. */
  async probe(host: string): Promise<string> {
    const result = await this.#run(host, { args: ['probe'] });
    const boot = /^boot=(\S+)/m.exec(result.stdout)?.[1];
    if (boot === undefined) throw this.#refuse(host, result);
    return boot;
  }

  /** Attaches, or starts where nothing was started. */
  async start(job: JobSpec, { host, bootId }: JobClaim): Promise<HostState> {
    const script = this.#scriptOf(job);
    const { argv, input, shared } = toJobCommand(job, {
      cluster: this.#gateway.cluster,
      scripts: {
        runner: this.#runner.fileName,
        guard: script?.fileName ?? '',
        runnerIdleSeconds: this.#options.runnerIdleSeconds,
      },
    });
    const head = shared
      ? ['submit', this.#folder(job.key), bootId, this.#runnerFolder(argv), entryName(job.key)]
      : ['start', this.#folder(job.key), bootId, String(toSeconds(job.timeLimitMs))];
    return await this.#look(host, { args: [...head, ...argv], stdin: input, script, login: true });
  }

  poll({ key, host, bootId }: JobClaim, logFrom: number): Promise<HostState> {
    return this.#look(host, { args: ['poll', this.#folder(key), bootId, String(logFrom)] });
  }

  stop({ key, host, bootId }: JobClaim): Promise<HostState> {
    return this.#look(host, { args: ['stop', this.#folder(key), bootId, '0'] });
  }

  remove({ key, host, bootId }: JobClaim): Promise<HostState> {
    return this.#look(host, { args: ['remove', this.#folder(key), bootId, '0'] });
  }

  /** A process that does nothing, detached as every job is; `name` is of the caller's making. */
  rehearse(host: string, { name, bootId }: Rehearsal): Promise<HostState> {
    return this.#look(host, { args: ['start', this.#rehearsal(name), bootId, '60', 'sleep', '60'] });
  }

  readRehearsal(host: string, { name, bootId }: Rehearsal): Promise<HostState> {
    return this.#look(host, { args: ['poll', this.#rehearsal(name), bootId, '0'] });
  }

  async endRehearsal(host: string, { name, bootId }: Rehearsal): Promise<void> {
    for (const verb of ['stop', 'remove']) await this.#look(host, { args: [verb, this.#rehearsal(name), bootId, '0'] });
  }

  /** What the host's login manager does when a session ends; empty where there is none. */
  async readSession(host: string): Promise<{ linger: string; kills: string; user: string }> {
    const { stdout } = await this.#run(host, { args: ['session'] });
    const read = (name: string): string => new RegExp(`^${name}=(.*)$`, 'm').exec(stdout)?.[1] ?? '';
    return { linger: read('linger'), kills: read('kills'), user: read('user') };
  }

  #rehearsal(name: string): string {
    return `${this.#gateway.cluster.workDir}/rehearsals/${name}`;
  }

  #scriptOf(job: JobSpec): Script | undefined {
    if (job.kind === 'fence-guard') return this.#options.guardScript();
    return job.kind === 'tool' && job.runIn === 'shared' ? this.#runner : undefined;
  }

  #folder(key: JobKey): string {
    const { runId, step, subject, generation } = parseJobKey(key);
    return `${this.#gateway.cluster.workDir}/jobs/${runId}/${step}/${subject}/${generation}`;
  }

  /** Jobs share a runner when they share program, environment and version of the runner. */
  #runnerFolder(argv: string[]): string {
    const identity = JSON.stringify([argv, this.#gateway.cluster.environment, this.#gateway.cluster.name]);
    return `${this.#gateway.cluster.workDir}/runners/${createHash('sha256').update(identity).digest('hex').slice(0, 16)}`;
  }

  #path({ fileName }: Script): string {
    return `${this.#gateway.cluster.workDir}/bin/${fileName}`;
  }

  async #look(host: string, call: ScriptCall): Promise<HostState> {
    const result = await this.#run(host, call);
    const state = result.exitCode === 0 ? parseHostState(result.stdoutBytes) : undefined;
    if (state === undefined) throw this.#refuse(host, result);
    return state;
  }

  async #run(host: string, { args, stdin = '', script, login = false }: ScriptCall): Promise<ExecResult> {
    const paths = [this.#path(this.#launch), script === undefined ? '' : this.#path(script)];
    const argv = ['sh', '-c', RUN_SCRIPT, 'sh', ...paths, ...args];
    const options = { host, login, stdin, timeoutMs: EXEC_TIMEOUT_MS };
    const result = await this.#gateway.exec(argv, options);
    if (result.exitCode !== SCRIPT_MISSING) return result;
    for (const { fileName, content } of script === undefined ? [this.#launch] : [this.#launch, script]) {
      await this.#gateway.upload({ path: this.#path({ fileName, content }), content, mode: 0o600 }, { host });
    }
    return await this.#gateway.exec(argv, options);
  }

  #refuse(host: string, { exitCode, signal, stderr, stdout }: ExecResult): Failure {
    const { name, workDir } = this.#gateway.cluster;
    const detail = stderr.trim() || stdout.trim().slice(0, 200) || `exit code ${exitCode ?? signal ?? 'unknown'}`;
    const message = `The job launcher on ${host} of ${name} failed in the work folder ${workDir}: ${detail}`;
    return new Failure('job.unknown', message, { cluster: name, host });
  }
}

export interface Rehearsal {
  name: string;
  bootId: string;
}

interface ScriptCall {
  args: string[];
  stdin?: string;
  /** Needed beside the launcher. */
  script?: Script | undefined;
  login?: boolean;
}

function entryName(key: JobKey): string {
  return createHash('sha256').update(key).digest('hex');
}

// The packed product holds the assets beside the compiled files: the path must not depend on this file's suffix.
function loadAsset(name: string, suffix: string): Script {
  const content = readFileSync(new URL(`./assets/${name}.${suffix}`, import.meta.url), 'utf8');
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 16);
  return { fileName: `${name}-${hash}.${suffix}`, content };
}
