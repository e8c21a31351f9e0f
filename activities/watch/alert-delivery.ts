import type { AlertMessage } from '../../workflows/contract/backup/alerts.ts';
import { Failure } from '../failure.ts';
import type { AlertTarget } from '../inventory/inventory.ts';

export interface AlertDelivery {
  target: AlertTarget;
  message: AlertMessage;
  /** The worker's. */
  environment: NodeJS.ProcessEnv;
  signal: AbortSignal;
}

/** Names the target and never its URL, headers or environment: they may be secrets. */
export function toUndelivered({ name }: AlertTarget, why: string): Failure {
  return new Failure('alert.undelivered', `The alert was not delivered to "${name}": ${why}.`);
}
