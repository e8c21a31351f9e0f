import type { Finding } from '../../../../workflows/contract/plan.ts';
import type { PreflightFacts } from './facts.ts';

const NAMED = 3;

/**
 * hbase.md §9: 38. Replication goes from every server of the source to ZooKeeper, master and servers of the target. The
 * gateway stands in for them: what it cannot reach they mostly cannot either.
 */
export function checkNetwork({ source, target, closedPorts }: PreflightFacts): Finding[] {
  if (closedPorts.length === 0) return [];
  const named = closedPorts.slice(0, NAMED).map(({ host, port, why }) => `${host}:${port} (${why ?? 'no answer'})`);
  const others = closedPorts.length > NAMED ? ` and ${closedPorts.length - NAMED} more` : '';
  return [
    {
      code: 'network.target-unreachable',
      level: 'warn',
      cluster: source.name,
      message: `From the gateway of ${source.name}, ${target.name} does not answer at ${named.join(', ')}${others}.`,
      fix:
        `Let every region server of ${source.name} resolve these names and reach these ports: a peer that cannot ` +
        'never catches up. Accept it when only the gateway is kept out.',
    },
  ];
}
