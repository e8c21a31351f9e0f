import type { ClusterName } from '../../../workflows/contract/names.ts';
import type { ClusterCheck } from '../../../workflows/contract/step-data.ts';
import type { Survival } from '../../jobs/survival.ts';

/** What a logout does to a guard on one gateway host. */
export function judgeSurvival(cluster: ClusterName, { host, user, survives, endsAtLogout }: Survival): ClusterCheck {
  const fact = 'detached jobs';
  if (survives && !endsAtLogout) {
    return { cluster, fact, host, value: `outlive the ssh connection on ${host}`, level: 'OK' };
  }
  const why = survives
    ? `end with the last ssh session of ${user} on ${host}: KillUserProcesses=yes, and ${user} does not linger`
    : `end with the ssh connection on ${host}: a fence guard there would not give writes back`;
  return { cluster, fact, host, value: why, level: 'FAILED', fix: `On ${host}: sudo loginctl enable-linger ${user}` };
}
