/** Small files on the cluster's HDFS. Paths are absolute, on the default file system, or full URIs. */
export interface FileStore {
  /**
   * Create-if-absent, atomic: writes a temporary file and renames it without overwrite. False when it exists already.
   * `within`: refused when that folder is gone, so that what comes late does not bring it back (hazard 27).
   */
  create(path: string, content: string, options?: { within?: string }): Promise<boolean>;
  /** undefined only when the file is provably absent. */
  read(path: string): Promise<string | undefined>;
  /** Names and kinds below a folder; empty when the folder is absent. */
  list(path: string): Promise<FileEntry[]>;
  /** Total bytes and files below a path; zero when absent. */
  measure(path: string): Promise<{ bytes: number; files: number; capacityBytes: number; freeBytes: number }>;
  /**
   * Renames a file or a folder on one file system, creating the parent of the new name. Never overwrites. Refuses what
   * `remove` refuses, on both ends. False when the source is absent. On object stores a folder moves file by file.
   */
  move(from: string, to: string): Promise<boolean>;
  /** Refuses anything inside an HBase root (hazards 21). True when something was removed. */
  remove(path: string, options?: { recursive?: boolean }): Promise<boolean>;
  /** Creates, renames and deletes a probe file as the job's user. */
  probeWrite(folder: string): Promise<void>;
}

export interface FileEntry {
  name: string;
  directory: boolean;
  bytes: number;
  modifiedMs: number;
}
