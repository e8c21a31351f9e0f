/** Words for amounts; alerts and audits, which are told elsewhere too, have them from the same place. */
export { formatBytes, formatDuration, formatSince } from '../../workflows/contract/quantities.ts';
