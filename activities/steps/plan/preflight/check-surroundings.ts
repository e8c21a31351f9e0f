import type { Finding } from '../../../../workflows/contract/plan.ts';
import { findingIf, toGigabytes, type PreflightFacts, type SideFacts } from './facts.ts';

/** hbase.md §9: 28, 30, 40, 42, 43 and hazard 19: what stands around the tables, and is not carried with them. */
export function checkSurroundings(facts: PreflightFacts): Finding[] {
  return [
    ...checkQuotas(facts),
    ...checkGrants(facts),
    ...checkLabels(facts),
    ...checkSecurity(facts),
    ...checkEncryption(facts),
    ...checkSpaceQuota(facts),
    ...checkMetrics(facts.source),
    ...checkUnread(facts),
  ];
}

function checkQuotas({ source, target, surroundings }: PreflightFacts): Finding[] {
  const onSource = surroundings.source.quotas;
  const onTarget = surroundings.target.quotas;
  return [
    ...findingIf(onSource.length > 0, () => ({
      code: 'quota.not-carried',
      level: 'info',
      cluster: source.name,
      message: `${source.name} has quotas on ${list(onSource)}: they are not carried to the target.`,
      fix: 'Set them on the target after the cutover if they are wanted there.',
    })),
    ...findingIf(onTarget.length > 0, () => ({
      code: 'quota.on-target',
      level: 'warn',
      cluster: target.name,
      message: `${target.name} has quotas on ${list(onTarget)}: they can refuse the restore, or slow replication until it never catches up.`,
      fix: 'Lift them for the time of the migration, or make sure that they are large enough.',
    })),
  ];
}

function checkGrants({ source, target, surroundings }: PreflightFacts): Finding[] {
  const { grants } = surroundings.source;
  return findingIf(grants.length > 0, () => ({
    code: 'acl.not-carried',
    level: 'warn',
    cluster: source.name,
    message: `${source.name} grants permissions on ${list(grants)}: they are not carried to ${target.name}, nor are ACLs of single cells.`,
    fix: 'Grant them on the target before the cutover (`user_permission` lists them).',
  }));
}

function checkLabels({ source, surroundings }: PreflightFacts): Finding[] {
  const codec = source.facts.settings['hbase.replication.rpc.codec'] ?? '';
  const stripped = codec.endsWith('WithTags')
    ? ''
    : ' Replication strips them: hbase.replication.rpc.codec carries no tags.';
  return findingIf(surroundings.source.hasLabels, () => ({
    code: 'cells.visibility-labels',
    level: 'warn',
    cluster: source.name,
    message: `${source.name} has visibility labels, which are tags of cells, and the compare does not see tags.${stripped}`,
    fix: 'Leave labelled tables out; or set KeyValueCodecWithTags on both clusters, define the labels on the target, and check by hand.',
  }));
}

function isSecure({ facts: { settings } }: SideFacts): boolean {
  return [settings['hbase.security.authentication'], settings['hadoop.security.authentication']].includes('kerberos');
}

function checkSecurity({ source, target }: PreflightFacts): Finding[] {
  const secure = [source, target].filter(isSecure).map(({ name }) => name);
  const [first = ''] = secure;
  const which = secure.length === 2 ? 'Both clusters use Kerberos' : `Only ${first} uses Kerberos`;
  return findingIf(secure.length > 0, () => ({
    code: 'security.kerberos',
    level: 'warn',
    cluster: first,
    message: `${which}: replication and copies need each side to accept the other's principals, and this was never run.`,
    fix: 'Set up trust between the realms, auth_to_local on both sides and `kerberos` in the clusters file; try one small table first.',
  }));
}

function checkEncryption({ source, target, surroundings }: PreflightFacts): Finding[] {
  const sides = [
    { name: source.name, zone: surroundings.source.encryptionZone },
    { name: target.name, zone: surroundings.target.encryptionZone },
  ];
  return sides.flatMap(({ name, zone }) =>
    findingIf(zone !== undefined, () => ({
      code: 'hdfs.encryption-zone',
      level: 'warn',
      cluster: name,
      message: `The root of ${name} lies in the HDFS encryption zone ${zone}: checksums of its files cannot be compared with others.`,
      fix: 'Give the copying user the zone’s key on that side; keep `verify.level: cells`, which reads every cell.',
    })),
  );
}

function checkSpaceQuota({ source, target, tables, surroundings }: PreflightFacts): Finding[] {
  const left = surroundings.target.spaceLeftBytes;
  const waveBytes = tables.reduce((sum, table) => sum + table.source.sizeBytes, 0);
  const needed = waveBytes * Number(target.facts.settings['dfs.replication'] ?? 3);
  return findingIf(left !== undefined && left < needed, () => ({
    code: 'disk.target-quota',
    level: 'error',
    cluster: target.name,
    message: `An HDFS quota leaves ${toGigabytes(left ?? 0)} in the root of ${target.name}; the tables of ${source.name} need ${toGigabytes(needed)}.`,
    fix: 'Raise the quota, or move fewer tables at once.',
  }));
}

function checkMetrics({ name, unlogged }: SideFacts): Finding[] {
  const blind = unlogged.filter(({ mutations }) => mutations === undefined);
  return findingIf(blind.length > 0, () => ({
    code: 'metrics.unreadable',
    level: 'warn',
    cluster: name,
    message:
      `The metrics of ${list(blind.map(({ server, why }) => `${server} (${why ?? 'no answer'})`))} of ${name} cannot be read ` +
      'from the gateway: writes with SKIP_WAL, which replication does not carry, are not seen.',
    fix: 'Open the info port to the gateway. If accepted, whole tables are compared before the cutover.',
  }));
}

function checkUnread({ source, target, surroundings }: PreflightFacts): Finding[] {
  const sides = [
    { name: source.name, unread: surroundings.source.unread },
    { name: target.name, unread: surroundings.target.unread },
  ];
  return sides.flatMap(({ name, unread }) =>
    findingIf(unread.length > 0, () => ({
      code: 'surroundings.unreadable',
      level: 'warn',
      cluster: name,
      message: `On ${name} these could not be looked at: ${unread.map(({ what, why }) => `${what} (${why})`).join('; ')}.`,
      fix: 'Give the gateway’s user the right to read them, or look by hand and accept.',
    })),
  );
}

const NAMED = 5;

function list(names: string[]): string {
  const others = names.length > NAMED ? ` and ${names.length - NAMED} more` : '';
  return `${names.slice(0, NAMED).join(', ')}${others}`;
}
