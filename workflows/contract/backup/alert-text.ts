import type { AlertEvent, AlertMessage } from './alerts.ts';

const WORDS = { ok: 'OK', warn: 'WARNING', critical: 'CRITICAL' } as const;

interface TextParts {
  event: AlertEvent;
  level: AlertMessage['level'];
  since: string;
  message: string;
  /** What it is about. */
  place: string;
}

/** One line, whatever is in it. */
export function toAlertText({ event, level, since, message, place }: TextParts): string {
  const what: Record<AlertEvent, string> = {
    raised: message,
    reminder: `still, since ${since}: ${message}`,
    recovered: `recovered from: ${message}`,
    test: message,
  };
  return `[${WORDS[level]}] ${place}: ${what[event]}`.replace(/\s+/g, ' ');
}

/** By which a person sees that a target gets messages. */
export function toTestMessage({ set, by, at, id }: { set: string; by: string; at: string; id: string }): AlertMessage {
  const message = `a test message${by === '' ? '' : `, asked for by ${by}`}`;
  const place = set === '' ? 'backups' : `backups of ${set}`;
  const about = { event: 'test', level: 'ok', since: at, message } as const;
  const text = toAlertText({ ...about, place });
  return { formatVersion: 1, id, at, set, cluster: '', root: '', kind: 'test', ...about, text };
}
