import type { FailureCode } from './failures.ts';
import type { PeerId, TableName } from './names.ts';
import type { PlannedTable } from './plan.ts';
import type { VerificationVerdict } from './status.ts';
import type { RunRef } from './step-data.ts';

/** Numbers of the run's holders of WALs: what the older one holds beyond the next is the window to prove. */
export interface ProofWindow {
  /** Absent for the first window. */
  held?: number;
  next: number;
}

export interface CompareTouchedInput {
  run: RunRef;
  /** `heldFromMs`: server's clock from which the next window has every write. */
  window: { held: number; next: number; heldFromMs: number };
  tables: { table: PlannedTable; sinceMs: number; peerId: PeerId }[];
  level: 'cells' | 'rows';
  showKeys: boolean;
}

export interface TouchedVerdicts {
  verdicts: VerificationVerdict[];
  failures: { table: TableName; code: FailureCode; message: string }[];
  /** WALs of both clusters that were read, and how long reading and the first compare took. */
  walBytes: number;
  lookMs: number;
}

export interface WindowCost extends Partial<Pick<TouchedVerdicts, 'walBytes' | 'lookMs'>> {
  held: number;
}
