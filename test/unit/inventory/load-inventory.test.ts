import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Failure } from '../../../activities/failure.ts';
import { loadInventory, parseInventory } from '../../../activities/inventory/load-inventory.ts';
import type { Inventory } from '../../../activities/inventory/inventory.ts';

const HOST_KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMxb0mV3bTzYq1xJkU6sT0e5jUo2Y3v0mZQmJ0Q2m3Yb';
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'thb-inventory-'));
  writeFileSync(join(folder, 'key'), 'k', { mode: 0o600 });
  writeFileSync(join(folder, 'open-key'), 'k');
  chmodSync(join(folder, 'open-key'), 0o644);
});
afterAll(() => rmSync(folder, { recursive: true }));

const parse = (text: string): Inventory => parseInventory(join(folder, 'clusters.yaml'), text);

function problemsOf(text: string): string[] {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof Failure && error.code === 'inventory.invalid') {
      return error.problems.map(({ field, message }) => `${field.replace(`${folder}/`, '')} ${message}`);
    }
    throw error;
  }
  return [];
}

const SMALL = `clusters:
  old:
    ssh: { hosts: [gw1.old], user: ops, keyFile: key }
`;

test('inventory: a small file gets its defaults', () => {
  const cluster = parse(SMALL).clusters.get('old');
  expect(cluster).toEqual({
    name: 'old',
    gateways: [{ host: 'gw1.old', port: 22, user: 'ops', keyFile: join(folder, 'key'), hostKeys: [] }],
    programs: { hbase: 'hbase', hadoop: 'hadoop', hdfs: 'hdfs', yarn: 'yarn' },
    environment: {},
    copier: { kind: 'distcp', options: [] },
    mapReduce: { options: [] },
    workDir: '.temporal-hbase',
    protected: false,
    overrides: {},
  });
});

test('inventory: every field is read', () => {
  const inventory = parse(`
clusters:
  old:
    ssh:
      hosts: ['gw1', 'gw2:2022', '[::1]:23']
      port: 2222
      user: ops
      keyFile: ./key
      passphraseEnv: PHRASE
      hostKeys: ['${HOST_KEY}']
      knownHosts: known
      jump: { host: bastion, user: hop, useAgent: true, jump: { host: outer, user: hop, passwordEnv: PW } }
    sudoUser: hbase
    programs: { hbase: /opt/hbase/bin/hbase }
    environment: { HADOOP_CONF_DIR: /etc/hadoop, RETRIES: 3 }
    kerberos: { principal: hbase/gw1@R, keytab: /etc/k.keytab }
    copier: { kind: jindo-distcp, options: [--parallelism, '10'] }
    mapReduce: { queue: batch, options: [-Dmapreduce.map.memory.mb=2048] }
    workDir: /var/lib/thb
    stateDir: /user/ops/thb
    protected: true
    overrides: { clusterKey: 'zk1,zk2:2181:/hbase', rootDir: 'hdfs://ns/hbase' }
commands:
  switch: { runOn: old, argv: [/usr/local/bin/switch, --all], check: [/usr/local/bin/switch, --check], timeout: 20s }
storageRoots:
  staging: { uri: 'hdfs://ns/staging' }
`);
  const cluster = inventory.clusters.get('old');
  expect(cluster?.gateways.map(({ host, port }) => `${host} ${port}`)).toEqual(['gw1 2222', 'gw2 2022', '::1 23']);
  expect(cluster?.gateways[0]).toMatchObject({
    keyFile: join(folder, 'key'),
    passphraseEnv: 'PHRASE',
    hostKeys: [HOST_KEY],
    knownHostsFile: join(folder, 'known'),
    jump: { host: 'bastion', port: 22, useAgent: true, jump: { host: 'outer', passwordEnv: 'PW' } },
  });
  expect(cluster).toMatchObject({
    sudoUser: 'hbase',
    programs: { hbase: '/opt/hbase/bin/hbase', yarn: 'yarn' },
    environment: { HADOOP_CONF_DIR: '/etc/hadoop', RETRIES: '3' },
    mapReduce: { queue: 'batch', options: ['-Dmapreduce.map.memory.mb=2048'] },
    protected: true,
    stateDir: '/user/ops/thb',
  });
  expect(inventory.commands.get('switch')).toMatchObject({ timeoutMs: 20_000, runOn: 'old', name: 'switch' });
  expect(inventory.storageRoots.get('staging')).toEqual({ name: 'staging', uri: 'hdfs://ns/staging' });
});

test('inventory: all problems come at once, each with line and column, value and rule', () => {
  const problems = problemsOf(`clusters:
  old:
    ssh:
      hosts: ["gw 1"]
      usr: ops
      port: 70000
      keyFile: key
  New: { ssh: { hosts: [a], user: ops, keyFile: key } }
commands:
  fence: { runOn: old, argv: [], timeout: soon }
`);
  expect(problems).toEqual([
    'clusters.yaml:4:7: clusters.old.ssh.user is missing; it must be a login name',
    'clusters.yaml:4:15: clusters.old.ssh.hosts.0 "gw 1" must be "host" or "host:port"',
    'clusters.yaml:5:7: clusters.old.ssh.usr "usr" is an unknown field. Did you mean "user"?',
    'clusters.yaml:6:13: clusters.old.ssh.port 70000 must be a whole number from 1 to 65535',
    'clusters.yaml:8:3: clusters.New "New" is no legal name: it must match ^[a-z0-9][a-z0-9_.-]{0,62}$',
    'clusters.yaml:10:30: commands.fence.argv [] must be a list: the program and its arguments',
    'clusters.yaml:10:43: commands.fence.timeout "soon" must be a duration from "1s" to "1h", such as "30s", "5m" or "24h"',
  ]);
});

test.each([
  ['a password', 'password: s3cret', 'passwordEnv'],
  ['a passphrase of a jump host', 'jump: { host: b, user: u, keyFile: key, passphrase: s3cret }', 'passphraseEnv'],
])('inventory: %s is refused without being shown', (_title, line, instead) => {
  const [problem, ...others] = problemsOf(
    `clusters:\n  old:\n    ssh:\n      host: a\n      user: u\n      keyFile: key\n      ${line}\n`,
  );
  expect(others).toEqual([]);
  expect(problem).toContain('holds no secrets');
  expect(problem).toContain(instead);
  expect(problem).not.toContain('s3cret');
});

test.each([
  ['ssh: { hosts: [a], user: u, keyFile: open-key }', 'chmod 600'],
  ['ssh: { hosts: [a], user: u, keyFile: nowhere }', 'there is no file'],
  ['ssh: { hosts: [a], user: u }', 'one of keyFile, useAgent, passwordEnv'],
  ['ssh: { user: u, keyFile: key }', 'must have "host"'],
  ['ssh: { host: a, hosts: [b], user: u, keyFile: key }', 'must not stand beside "hosts"'],
  ["ssh: { host: a, user: u, keyFile: key, hostKeys: ['ssh-rsa AAAA'] }", 'public host key'],
  ['ssh: { host: a, user: u, keyFile: key, jump: { host: b, user: u, keyFile: open-key } }', 'ssh.jump.keyFile'],
  ['ssh: { host: "-oProxyCommand=x", user: u, keyFile: key }', 'must be "host"'],
  [
    'ssh: { host: a, user: u, keyFile: key }\n    environment: { DB_PASSWORD: x }',
    'DB_PASSWORD its value looks like a secret',
  ],
  ['ssh: { host: a, user: u, keyFile: key }\n    environment: { "A=B": x }', 'no legal name'],
  ['ssh: { host: a, user: u, keyFile: key }\n    programs: { hbase: "hbase; rm" }', 'name on the PATH'],
  ['ssh: { host: a, user: u, keyFile: key }\n    workDir: ../elsewhere', 'must be a folder on the host'],
  ['ssh: { host: a, user: u, keyFile: key }\n    stateDir: /a/../b', 'without ".."'],
  ['ssh: { host: a, user: u, keyFile: key }\n    mapReduce: { options: ["-files x"] }', '-Dname=value'],
  ['ssh: { host: a, user: u, keyFile: key }\n    protectd: true', 'Did you mean "protected"'],
])('inventory: %j is refused', (text, rule) => {
  const problems = problemsOf(`clusters:\n  old:\n    ${text}\n`);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain(rule);
});

test('inventory: a command must run on a cluster of the file, a root must hold no credentials', () => {
  expect(problemsOf(`${SMALL}commands:\n  x: { runOn: nowhere, argv: [x] }\n`)[0]).toContain(
    'must be a cluster of this file: old',
  );
  expect(problemsOf(`${SMALL}storageRoots:\n  x: { uri: "s3a://key:pw@bucket/" }\n`)[0]).toContain(
    '"s3a://…@bucket/" must not hold credentials',
  );
});

test.each(['', 'clusters: {}', 'a: [', 'clusters: { a: 1, a: 2 }', '- x', '"text"'])(
  'inventory: %j is refused with a place',
  (text) => {
    expect(problemsOf(text)[0]).toMatch(/^clusters\.yaml:\d+:\d+/);
  },
);

test('inventory: a missing file says how to make one', () => {
  expect(() => loadInventory(join(folder, 'none.yaml'))).toThrow(/Make one, e\.g\.:\n\nclusters:/);
});

test('inventory: anchors and merge keys work', () => {
  const text = `clusters:
  old: &common
    ssh: { hosts: [a], user: u, keyFile: key }
  new: { <<: *common, protected: true }
`;
  expect(parse(text).clusters.get('new')).toMatchObject({ protected: true, gateways: [{ host: 'a' }] });
});

test('digest: comments, order and local files do not change it, anything else does', () => {
  const { digest } = parse(SMALL);
  expect(digest).toMatch(/^[0-9a-f]{64}$/);
  const same = `# comment\nclusters:\n  old:\n    protected: false\n    ssh: { keyFile: ./key, user: ops, hosts: [gw1.old], knownHosts: k }\n`;
  expect(parse(same).digest).toBe(digest);
  expect(parse(SMALL.replace('keyFile: key', 'useAgent: true')).digest).toBe(digest);
  expect(parse(SMALL.replace('gw1.old', 'gw2.old')).digest).not.toBe(digest);
  expect(parse(`${SMALL}storageRoots: { s: { uri: "hdfs://a/b" } }\n`).digest).not.toBe(digest);
});

const ALERTS = (body: string): string => `${SMALL}alerts:\n  on-call: ${body}\n`;

test('alerts: webhook and command get their defaults, and are no part of the digest', () => {
  const { alerts, digest } = parse(
    ALERTS('{ webhook: { urlEnv: HOOK, headersEnv: { Authorization: TOKEN } }, command: { argv: [page] } }'),
  );
  expect(alerts.get('on-call')).toEqual({
    name: 'on-call',
    webhook: { urlEnv: 'HOOK', headers: {}, headersEnv: { Authorization: 'TOKEN' }, timeoutMs: 10_000 },
    command: { argv: ['page'], passEnv: [], timeoutMs: 10_000 },
  });
  expect(digest).toBe(parse(SMALL).digest);
});

test.each([
  ['{}', 'must have a webhook or a command'],
  ['{ webhook: {} }', 'exactly one of url, urlEnv and urlFile'],
  ['{ webhook: { url: "https://a/b", urlEnv: X } }', 'exactly one of url, urlEnv and urlFile'],
  ['{ webhook: { url: "ftp://a/b" } }', 'must be a URL'],
  ['{ webhook: { url: "https://me:pw@a/b" } }', 'must not hold credentials'],
  ['{ webhook: { urlEnv: X, headers: { Authorization: abc } } }', 'headersEnv'],
  ['{ webhook: { urlEnv: X, headers: { "Bad Name": a } } }', 'is no header that can be set'],
  ['{ webhook: { urlEnv: X, headers: { Content-Type: a } } }', 'is no header that can be set'],
  ['{ webhook: { urlEnv: X, token: abc } }', 'this file holds no secrets'],
  ['{ webhook: { urlEnv: X, timeout: 1h } }', 'must be a duration'],
  ['{ command: { argv: page } }', 'must be a list'],
  ['{ command: { argv: [page], passEnv: ["a b"] } }', 'environment variable'],
])('alerts: %s is refused: %s', (body, why) => {
  expect(problemsOf(ALERTS(body))[0]).toContain(why);
});
