import type { LedgerOp } from '../../../../sandbox/writer/ledger.ts';
import type { SeenVersion } from '../../../../sandbox/writer/compare-row.ts';

interface Stored {
  family: string;
  qualifier: string;
  timestamp: number;
  value: string;
}

/** One row the way HBase keeps it: markers hide puts whatever came first, until a major compaction drops both. */
export class HBaseRow {
  private cells: Stored[] = [];
  private markers: { kind: string; column: string; timestamp: number }[] = [];
  private readonly versions: number;

  constructor(versions: number) {
    this.versions = versions;
  }

  apply(op: LedgerOp): void {
    for (const { family, qualifier, timestamp = op.triedMs, value } of op.cells) {
      if (op.kind === 'PUT') {
        this.cells = this.cells.filter((cell) => !isSame(cell, { family, qualifier, timestamp }));
        this.cells.push({ family, qualifier, timestamp, value });
      } else {
        this.markers.push({
          kind: op.kind,
          column: op.kind === 'DELETE_ROW' ? '' : `${family}:${qualifier}`,
          timestamp,
        });
      }
    }
  }

  compact(): void {
    this.cells = this.read();
    this.markers = [];
  }

  read(): SeenVersion[] {
    const alive = this.cells.filter((cell) => !this.isHidden(cell)).toSorted((a, b) => b.timestamp - a.timestamp);
    const counts = new Map<string, number>();
    return alive.filter(({ family, qualifier }) => {
      const count = (counts.get(`${family}:${qualifier}`) ?? 0) + 1;
      counts.set(`${family}:${qualifier}`, count);
      return count <= this.versions;
    });
  }

  private isHidden({ family, qualifier, timestamp }: Stored): boolean {
    return this.markers.some(
      (marker) =>
        (marker.column === '' || marker.column === `${family}:${qualifier}`) &&
        (marker.kind === 'DELETE_VERSION' ? timestamp === marker.timestamp : timestamp <= marker.timestamp),
    );
  }
}

function isSame(a: Omit<Stored, 'value'>, b: Omit<Stored, 'value'>): boolean {
  return a.family === b.family && a.qualifier === b.qualifier && a.timestamp === b.timestamp;
}
