import type { ClusterName } from '../../workflows/contract/names.ts';

/** How one host is reached. Secrets are references: a file, an environment variable, or the user's ssh agent. */
export interface SshTarget {
  host: string;
  port: number;
  user: string;
  keyFile?: string;
  /** Environment variable of the worker that holds the key's passphrase. */
  passphraseEnv?: string;
  /** Environment variable of the worker that holds the password. */
  passwordEnv?: string;
  /** Use the agent at `SSH_AUTH_SOCK`. */
  useAgent?: boolean;
  /** Pinned host keys, `ssh-ed25519 AAAA…`; checked before the known_hosts file. */
  hostKeys: string[];
  knownHostsFile?: string;
  jump?: SshTarget;
}

export interface ClusterConfig {
  name: ClusterName;
  /** Gateway hosts in order of preference; all are edge hosts of the same cluster. */
  gateways: SshTarget[];
  /** `sudo -n -u <user>` before each command. */
  sudoUser?: string;
  /** Paths of the programs on the gateway. */
  programs: { hbase: string; hadoop: string; hdfs: string; yarn: string };
  /** Set for every remote command. */
  environment: Record<string, string>;
  kerberos?: { principal: string; keytab: string };
  copier: { kind: 'distcp' | 'jindo-distcp'; options: string[] };
  mapReduce: { queue?: string; options: string[] };
  /** Folder on the gateway for agents and job folders, 0700. Default `.temporal-hbase` in the user's home. */
  workDir: string;
  /** Folder on the cluster's default file system for run records. Default: `.temporal-hbase` in the HDFS home. */
  stateDir?: string;
  /** Never a target. */
  protected: boolean;
  /** What discovery must not decide. */
  overrides: { clusterKey?: string; rootDir?: string };
}

/** A program that workflows may run by name only. */
export interface NamedCommand {
  name: string;
  /** The cluster on whose gateway it runs. */
  runOn: ClusterName;
  argv: string[];
  /** Probes read and write from the switch's host, before the fence; exit 0 is yes. */
  check?: string[];
  timeoutMs: number;
}

export interface StorageRoot {
  name: string;
  /** Any Hadoop file system URI, outside every `hbase.rootdir`. */
  uri: string;
}

/** Where alerts go: a webhook, a command on the worker's host, or both. Secrets are references. */
export interface AlertTarget {
  name: string;
  webhook?: AlertWebhook;
  command?: AlertCommand;
}

export interface AlertWebhook {
  /** One of the three. */
  url?: string;
  /** Environment variable of the worker that holds the URL. */
  urlEnv?: string;
  /** File on the worker that holds the URL, readable by nobody else. */
  urlFile?: string;
  headers: Record<string, string>;
  /** Headers whose values are in environment variables of the worker. */
  headersEnv: Record<string, string>;
  timeoutMs: number;
}

export interface AlertCommand {
  argv: string[];
  /** Environment variables of the worker that it sees, beside PATH, HOME, LANG and TZ. */
  passEnv: string[];
  timeoutMs: number;
}

/** The clusters file, loaded. */
export interface Inventory {
  file: string;
  clusters: Map<ClusterName, ClusterConfig>;
  commands: Map<string, NamedCommand>;
  storageRoots: Map<string, StorageRoot>;
  alerts: Map<string, AlertTarget>;
  /** sha256 of the content without secrets and comments: equal files on all workers of a queue. */
  digest: string;
}
