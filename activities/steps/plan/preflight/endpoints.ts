import type { ClusterFacts } from '../../../hbase/cluster.ts';
import type { Endpoint } from '../../../hbase/surroundings.ts';

/** Where the source's servers connect to when they ship: the target's ZooKeeper, master and region servers. */
export function toShippingEndpoints(
  clusterKey: string,
  { activeMaster, liveServers }: Pick<ClusterFacts, 'activeMaster' | 'liveServers'>,
): Endpoint[] {
  return [...parseQuorum(clusterKey), ...[activeMaster, ...liveServers].flatMap(parseServerName)];
}

/** Hosts of `host[:port],…:clientPort:/znode`; a host without a port has the client port. */
export function parseQuorum(clusterKey: string): Endpoint[] {
  const [, hosts = '', clientPort = ''] = /^(.*):(\d+):\/[^:]*$/.exec(clusterKey) ?? [];
  return hosts.split(',').flatMap((text) => {
    const [host = '', port = clientPort] = text.split(':');
    return host === '' ? [] : [{ host, port: Number(port) }];
  });
}

/** `host,port,start time`, as HBase names a server; nothing for no server. */
function parseServerName(name: string): Endpoint[] {
  const [host = '', port = ''] = name.split(',');
  return host === '' || !/^\d+$/.test(port) ? [] : [{ host, port: Number(port) }];
}

/** One cluster has several spellings: `b,a:2181:/hbase` is `a:2181,b:2181:2181:/hbase`. */
export function isSameCluster(one: string, other: string): boolean {
  return one !== '' && toCanonicalKey(one) === toCanonicalKey(other);
}

function toCanonicalKey(clusterKey: string): string {
  const servers = parseQuorum(clusterKey).map(({ host, port }) => `${host.toLowerCase()}:${port}`);
  const znode = clusterKey.slice(clusterKey.lastIndexOf(':'));
  return servers.length === 0 ? clusterKey : `${servers.toSorted().join(',')}${znode}`;
}
