import { Failure } from '../failure.ts';
import type { ClusterConfig, SshTarget } from '../inventory/inventory.ts';
import type { ConnectionPool } from './connection-pool.ts';
import { exec, openChannel, type ExecOptions, type ExecResult, type RemoteChannel } from './exec.ts';

/**
 * Commands on a cluster's edge hosts, as the cluster's own user: `sudo -n`, in that user's home, with the environment
 * of the clusters file. A relative path, such as the default `workDir`, is below that home.
 */
export interface Gateway {
  readonly cluster: ClusterConfig;
  /** The host that answered last; the preferred one before the first call. */
  readonly hostInUse: string;
  readonly hosts: readonly string[];
  exec(argv: readonly string[], options: GatewayExecOptions): Promise<ExecResult>;
  /** A process that lives as long as its channel, e.g. the resident agent. */
  open(argv: readonly string[], options?: { host?: string }): Promise<RemoteChannel>;
  /** Writes a file by content: a temporary file beside it, then a rename. Parent folders are made, 0700. */
  upload(file: UploadedFile, options?: { host?: string }): Promise<void>;
}

export interface GatewayExecOptions extends ExecOptions {
  /** This host only, without fail-over: a job's files are on the host that runs it. */
  host?: string;
  /** Obtains the Kerberos ticket of the clusters file first. Only Hadoop programs need it. */
  login?: boolean;
}

export interface UploadedFile {
  path: string;
  content: string | Buffer;
  mode: 0o600 | 0o700;
}

/** The size is checked: input cut short by a lost connection looks like its end. */
const UPLOAD = [
  'umask 077',
  't=$1.tmp.$$',
  'mkdir -p -- "$(dirname -- "$1")" && cat > "$t" && [ "$(wc -c < "$t")" -eq "$3" ] && chmod "$2" "$t" && mv -f -- "$t" "$1"',
  'r=$?',
  '[ "$r" -eq 0 ] || rm -f -- "$t"',
  'exit "$r"',
].join('\n');

export function createGateway(pool: ConnectionPool, cluster: ClusterConfig): Gateway {
  return new FailoverGateway(pool, cluster);
}

class FailoverGateway implements Gateway {
  readonly cluster: ClusterConfig;
  readonly #pool: ConnectionPool;
  #inUse: SshTarget;

  constructor(pool: ConnectionPool, cluster: ClusterConfig) {
    const [first] = cluster.gateways;
    if (first === undefined)
      throw new Failure('inventory.invalid', `Cluster ${cluster.name} has no ssh host.`, { cluster: cluster.name });
    this.cluster = cluster;
    this.#pool = pool;
    this.#inUse = first;
  }

  get hostInUse(): string {
    return formatHost(this.#inUse);
  }

  get hosts(): readonly string[] {
    return this.cluster.gateways.map(formatHost);
  }

  exec(argv: readonly string[], { host, login, ...options }: GatewayExecOptions): Promise<ExecResult> {
    const wrapped = wrapArgv(argv, { cluster: this.cluster, login });
    return this.#run(host, (target) => exec(this.#pool, { target, argv: wrapped, ...options }));
  }

  open(argv: readonly string[], { host }: { host?: string } = {}): Promise<RemoteChannel> {
    const wrapped = wrapArgv(argv, { cluster: this.cluster, login: true });
    return this.#run(host, (target) => openChannel(this.#pool, { target, argv: wrapped }));
  }

  async upload({ path, content, mode }: UploadedFile, { host }: { host?: string } = {}): Promise<void> {
    const sizeBytes = Buffer.byteLength(content);
    const argv = ['sh', '-c', UPLOAD, 'sh', path, mode.toString(8), String(sizeBytes)];
    const options = { stdin: content, timeoutMs: 60_000, ...(host === undefined ? {} : { host }) };
    const result = await this.exec(argv, options);
    if (result.exitCode === 0) return;
    const message = `Cannot write ${path} on a gateway of ${this.cluster.name}: ${result.stderr.trim() || `exit code ${result.exitCode}`}`;
    throw new Failure('ssh.failed', message, { cluster: this.cluster.name, host: host ?? this.hostInUse });
  }

  /** Only an unreachable host is passed over: nothing can have run there. All else may have, or needs a person. */
  async #run<T>(host: string | undefined, work: (target: SshTarget) => Promise<T>): Promise<T> {
    const failures: Failure[] = [];
    for (const target of this.#candidates(host)) {
      try {
        const result = await work(target);
        if (host === undefined) this.#inUse = target;
        return result;
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        if (error.code !== 'ssh.unreachable') throw named(error, this.cluster.name);
        failures.push(error);
      }
    }
    const message = failures.map((failure) => failure.message).join('; ');
    throw new Failure(
      'ssh.unreachable',
      message,
      { cluster: this.cluster.name, ...failures[0]?.place },
      { cause: failures[0] },
    );
  }

  #candidates(host: string | undefined): SshTarget[] {
    const { gateways, name } = this.cluster;
    if (host === undefined) return [this.#inUse, ...gateways.filter((gateway) => gateway !== this.#inUse)];
    const target = gateways.find((gateway) => formatHost(gateway) === host);
    if (target !== undefined) return [target];
    const message = `${host} is no longer a gateway of ${name} in the clusters file, so what runs there cannot be seen. Add it again.`;
    throw new Failure('ssh.unreachable', message, { cluster: name, host });
  }
}

/** How a host is named in job claims. */
export function formatHost({ host, port }: SshTarget): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function named(failure: Failure, cluster: string): Failure {
  const { code, message, place, problems } = failure;
  return new Failure(code, message, { cluster, ...place }, { cause: failure.cause, problems });
}

/** `kinit` writes to stderr only: stdout belongs to the program. */
const LOGIN = 'kinit -k -t "$1" "$2" >&2 || exit 97; shift 2; exec "$@"';

/** From a plain command to what the ssh login runs. */
export function wrapArgv(
  argv: readonly string[],
  { cluster, login }: { cluster: ClusterConfig; login?: boolean | undefined },
): string[] {
  const { sudoUser, environment, kerberos } = cluster;
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  return [
    // `sudo` keeps the caller's folder, which the other user may not even enter.
    ...(sudoUser === undefined ? [] : ['sudo', '-n', '-H', '-u', sudoUser, '--', 'sh', '-c', 'cd && exec "$@"', 'sh']),
    ...(variables.length === 0 ? [] : ['env', ...variables]),
    ...(login === true && kerberos !== undefined ? ['sh', '-c', LOGIN, 'sh', kerberos.keytab, kerberos.principal] : []),
    ...argv,
  ];
}
