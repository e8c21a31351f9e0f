/** Up to here `watchRun` has looked; further back there is too much to read inside a fence. */
export const BULK_LOAD_LOOKBACK_MS = 120_000;
