/**
 * Changes of the order of commands, each behind `patched()`, so that runs of the version before go on as they began.
 *
 * WARNING: these ids are in recorded histories; never rename one, and never use one for another change.
 */
export const PATCHES = {
  /** The marks are read before anything is undone, and before each attempt to cut over. */
  marksDecide: 'marks-decide',
  /** Before the mark, what no retry heals holds the run instead of undoing it. */
  holdBeforeMark: 'hold-before-mark',
  /** A gate opens, and a fence is set, only after a look at everything that succeeded. */
  fullLook: 'full-look',
  /** A memo tells the last known status when no worker lives. */
  lastKnown: 'last-known',
  /** An approval that expires holds the gate instead of undoing the run; its timer also renews the proofs. */
  gateHolds: 'gate-holds',
  /** Proofs are renewed by the rows that WALs touch, which holders keep from the first compare on. */
  proofWindow: 'proof-window',
  /** A migration has holders of WALs to settle. */
  settleHolders: 'settle-holders',
} as const;
