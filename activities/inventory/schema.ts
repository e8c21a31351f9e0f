import { z } from 'zod';
import { CLUSTER_NAME } from '../../workflows/contract/names.ts';
import { durationSchema } from '../../workflows/contract/requests/duration.ts';
import { parsePinnedKey } from '../ssh/known-hosts.ts';

/** A name or address, an optional port; IPv6 in brackets. */
export const HOST = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?)(?::\d{1,5})?$/;
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;
const SECRET_VARIABLE = /(?:PASSWORD|PASSPHRASE|SECRET|TOKEN|CREDENTIALS?)$/i;
const PROGRAM = /^(?:[A-Za-z0-9_][A-Za-z0-9_.+-]*|\/[A-Za-z0-9_.+/-]+)$/;
const REMOTE_PATH = /^[A-Za-z0-9_./][A-Za-z0-9_.+=@/-]*$/;
const HDFS_PATH = /^\/[A-Za-z0-9_.+=@/-]+$/;
const URI = /^[a-z][a-z0-9+.-]*:\/\/[^\s?#]*$/i;
const SETTING = /^-D[A-Za-z0-9_.-]+=[^\0\n]*$/;
/** `ZooKeeper quorum:port:znode`, as replication wants it. */
const CLUSTER_KEY = /^[A-Za-z0-9_.,:-]+:\d+:\/[A-Za-z0-9_./-]+$/;

const text = (rule: string, pattern: RegExp = /^[^\0\n]+$/) =>
  z.string({ error: rule }).regex(pattern, { error: rule });
const noParent = (path: string): boolean => !path.split('/').includes('..');
const localFile = (what: string) =>
  text(`must be the path of ${what} on the worker, relative to this file or absolute`);
const variable = (what: string) =>
  text(`must be the name of the worker's environment variable that holds ${what}`, VARIABLE);
const remotePath = (rule: string, pattern = REMOTE_PATH) =>
  text(rule, pattern).refine(noParent, { error: `${rule}, without ".."` });
const flag = () => z.boolean({ error: 'must be true or false' });
const object = <T extends z.ZodRawShape>(shape: T) =>
  z.strictObject(shape, { error: 'must be a group of "name: value" lines' });
const listOf = <T extends z.ZodType>(item: T, rule: string) => z.array(item, { error: rule });

const words = (rule: string) => listOf(text('must be text in one line; quote numbers'), rule).min(1, { error: rule });
const program = () => text('must be a name on the PATH of the host, or an absolute path', PROGRAM).optional();
const port = () => {
  const error = 'must be a whole number from 1 to 65535';
  return z.number({ error }).int({ error }).min(1, { error }).max(65_535, { error });
};

const sshShape = {
  host: text('must be "host" or "host:port"', HOST).optional(),
  port: port().optional(),
  user: text('must be a login name', /^[A-Za-z0-9_][A-Za-z0-9_.@-]*\$?$/),
  keyFile: localFile('a private key').optional(),
  passphraseEnv: variable("the key's passphrase").optional(),
  passwordEnv: variable('the password').optional(),
  useAgent: flag().optional(),
  hostKeys: listOf(
    z.string({ error: 'must be "type base64"' }).refine((key) => parsePinnedKey(key) !== undefined, {
      error: 'must be a public host key such as "ssh-ed25519 AAAA…", from ssh-keyscan or /etc/ssh/ssh_host_*.pub',
    }),
    'must be a list of public host keys',
  ).optional(),
  knownHosts: localFile('a known_hosts file').optional(),
};

const jumpSchema = object({
  ...sshShape,
  /** A jump host of a jump host. */
  get jump(): z.ZodOptional<z.ZodType<JumpInput>> {
    return jumpSchema.optional();
  },
});

/** One host's login as the file has it. */
export interface JumpInput extends z.output<z.ZodObject<typeof sshShape>> {
  jump?: JumpInput | undefined;
}

const sshSchema = object({
  ...sshShape,
  hosts: listOf(text('must be "host" or "host:port"', HOST), 'must be a list of hosts, best first')
    .min(1, { error: 'must name at least one host' })
    .optional(),
  jump: jumpSchema.optional(),
});

const environmentSchema = z
  .record(z.string(), z.union([z.string(), z.number(), z.boolean()], { error: 'must be text' }).transform(String), {
    error: 'must be a group of "NAME: value" lines',
  })
  .superRefine((variables, context) => {
    for (const name of Object.keys(variables)) {
      const error = judgeVariable(name);
      if (error !== undefined) context.addIssue({ code: 'custom', path: [name], message: error });
    }
  });

function judgeVariable(name: string): string | undefined {
  if (!VARIABLE.test(name)) return 'has no legal name of an environment variable';
  if (!SECRET_VARIABLE.test(name)) return undefined;
  return 'looks like a secret: environments are shown by `ps` on the gateway; keep it in a file there';
}

const clusterSchema = object({
  ssh: sshSchema,
  sudoUser: text('must be a user of the host', /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/).optional(),
  programs: object({ hbase: program(), hadoop: program(), hdfs: program(), yarn: program() }).optional(),
  environment: environmentSchema.optional(),
  kerberos: object({
    principal: text('must be a principal such as "hbase/gw1@REALM"', /^[A-Za-z0-9_./@-]+$/),
    keytab: remotePath('must be the absolute path of a keytab on the host', /^\/[A-Za-z0-9_.+=@/-]+$/),
  }).optional(),
  copier: object({
    kind: z.enum(['distcp', 'jindo-distcp'], { error: 'must be "distcp" or "jindo-distcp"' }),
    options: listOf(text('must be text in one line'), 'must be a list of options').optional(),
  }).optional(),
  mapReduce: object({
    queue: text('must be the name of a YARN queue', /^[A-Za-z0-9_.-]+$/).optional(),
    options: listOf(text('must be "-Dname=value"', SETTING), 'must be a list of "-Dname=value"').optional(),
  }).optional(),
  workDir: remotePath("must be a folder on the host, absolute or below the user's home").optional(),
  stateDir: remotePath("must be an absolute path on the cluster's default file system", HDFS_PATH).optional(),
  protected: flag().optional(),
  overrides: object({
    clusterKey: text('must be "quorum:port:/znode"', CLUSTER_KEY).optional(),
    rootDir: text('must be a URI such as "hdfs://nameservice/hbase"', URI).optional(),
  }).optional(),
});

const commandSchema = object({
  runOn: text('must be the name of a cluster of this file'),
  argv: words('must be a list: the program and its arguments'),
  check: words('must be a list: the program and its arguments').optional(),
  timeout: durationSchema({ least: '1s', most: '1h' }).optional(),
});

const storageRootSchema = object({
  uri: text('must be a URI such as "hdfs://nameservice/staging" or "s3a://bucket/path"', URI)
    .refine((uri) => !uri.includes('@'), { error: 'must not hold credentials; set them in the Hadoop configuration' })
    .refine(noParent, { error: 'must not contain ".."' }),
});

const HEADER = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;
const SECRET_HEADER = /authorization|cookie|token|secret|password|api-?key|signature/i;
/** Sent by us, or by the protocol. */
const OWN_HEADERS = new Set(['content-type', 'content-length', 'host', 'idempotency-key', 'transfer-encoding']);
const HTTP_URL = /^https?:\/\/[^\s#]+$/i;

const headersOf = (value: z.ZodType<string>, judge: (name: string) => string | undefined) =>
  z.record(z.string(), value, { error: 'must be a group of "Name: value" lines' }).superRefine((headers, context) => {
    for (const name of Object.keys(headers)) {
      const isOurs = OWN_HEADERS.has(name.toLowerCase());
      const error = HEADER.test(name) && !isOurs ? judge(name) : 'is no header that can be set';
      if (error !== undefined) context.addIssue({ code: 'custom', path: [name], message: error });
    }
  });

const alertWebhookSchema = object({
  url: text('must be a URL such as "https://alerts.example.org/hook"', HTTP_URL)
    .refine((url) => !url.includes('@'), {
      error: 'must not hold credentials; use headersEnv, or urlEnv for all of it',
    })
    .optional(),
  urlEnv: variable('the URL').optional(),
  urlFile: localFile('a file that holds the URL').optional(),
  headers: headersOf(text('must be text in one line'), (name) =>
    SECRET_HEADER.test(name) ? 'looks like a secret: name its environment variable in headersEnv' : undefined,
  ).optional(),
  headersEnv: headersOf(variable('the value'), () => undefined).optional(),
  timeout: durationSchema({ least: '1s', most: '1m' }).optional(),
});

const alertCommandSchema = object({
  argv: words('must be a list: the program and its arguments'),
  passEnv: listOf(variable('what the command needs'), 'must be a list of environment variables').optional(),
  timeout: durationSchema({ least: '1s', most: '1m' }).optional(),
});

const alertSchema = object({ webhook: alertWebhookSchema.optional(), command: alertCommandSchema.optional() });

const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/;
const named = <T extends z.ZodType>(pattern: RegExp, value: T) =>
  z.record(z.string().regex(pattern, { error: `is no legal name: it must match ${pattern.source}` }), value, {
    error: 'must be a group of "name:" entries',
  });

/** The clusters file as written. */
export const inventorySchema = object({
  clusters: named(CLUSTER_NAME, clusterSchema),
  commands: named(NAME, commandSchema).optional(),
  storageRoots: named(NAME, storageRootSchema).optional(),
  alerts: named(NAME, alertSchema).optional(),
});

export type InventoryFile = z.output<typeof inventorySchema>;
export type ClusterInput = InventoryFile['clusters'][string];
export type SshInput = ClusterInput['ssh'];

/** Fields by the shape of their path, where `*` stands for any name: what an unknown field may have meant. */
export const KNOWN_FIELDS: Record<string, readonly string[]> = {
  '': Object.keys(inventorySchema.shape),
  'clusters.*': Object.keys(clusterSchema.shape),
  'clusters.*.ssh': Object.keys(sshSchema.shape),
  'clusters.*.ssh.jump': Object.keys(jumpSchema.shape),
  'clusters.*.programs': ['hbase', 'hadoop', 'hdfs', 'yarn'],
  'clusters.*.kerberos': ['principal', 'keytab'],
  'clusters.*.copier': ['kind', 'options'],
  'clusters.*.mapReduce': ['queue', 'options'],
  'clusters.*.overrides': ['clusterKey', 'rootDir'],
  'commands.*': Object.keys(commandSchema.shape),
  'storageRoots.*': Object.keys(storageRootSchema.shape),
  'alerts.*': Object.keys(alertSchema.shape),
  'alerts.*.webhook': Object.keys(alertWebhookSchema.shape),
  'alerts.*.command': Object.keys(alertCommandSchema.shape),
};
