/** `final`: for the verbs of a schema; `retry`: tried again, and a blocker after bounded attempts. */
export type Decision = 'final' | 'retry' | 'not-found' | 'denied';

interface Decided {
  decision: Decision;
  /** Lines of HBase that have it. */
  lines: string;
}

const ALL = '1.7 2.4 2.6';
const row = (decision: Decision, lines: string = ALL): Decided => ({ decision, lines });

/**
 * DoNotRetryIOException and every class below it, in the jars of the lines that we run; without `org.apache.hadoop.hbase.`.
 * A test of the matrix compares the list with the jars.
 */
export const DO_NOT_RETRY_CLASSES: Readonly<Record<string, Decided>> = {
  ConcurrentTableModificationException: row('retry', '2.4 2.6'),
  DoNotRetryIOException: row('retry'),
  InvalidFamilyOperationException: row('final'),
  NamespaceExistException: row('retry'),
  NamespaceNotFoundException: row('not-found'),
  NotAllMetaRegionsOnlineException: row('retry'),
  ReplicationPeerNotFoundException: row('not-found', '2.4 2.6'),
  TableExistsException: row('retry'),
  TableNotDisabledException: row('retry'),
  TableNotEnabledException: row('retry'),
  TableNotFoundException: row('not-found'),
  UnknownRegionException: row('retry'),
  UnknownScannerException: row('retry'),
  'client.ConnectionImplementation$LocalConnectionClosedException': row('retry', '2.4 2.6'),
  'client.DoNotRetryRegionException': row('retry'),
  'client.NoServerForRegionException': row('retry'),
  'client.OperationTimeoutExceededException': row('retry', '2.4 2.6'),
  'client.RowTooBigException': row('retry'),
  'client.ScannerTimeoutException': row('retry', '1.7'),
  'constraint.ConstraintException': row('retry'),
  'coprocessor.CoprocessorException': row('final'),
  'exceptions.FailedSanityCheckException': row('final'),
  'exceptions.LockTimeoutException': row('retry', '1.7'),
  'exceptions.MasterStoppedException': row('retry', '2.4 2.6'),
  'exceptions.MergeRegionException': row('retry'),
  'exceptions.OperationConflictException': row('retry', '1.7'),
  'exceptions.OutOfOrderScannerNextException': row('retry'),
  'exceptions.RequestTooBigException': row('retry'),
  'exceptions.ScannerResetException': row('retry'),
  'exceptions.UnknownProtocolException': row('final'),
  'io.hfile.CorruptHFileException': row('retry'),
  'ipc.BadAuthException': row('retry'),
  'ipc.EmptyServiceNameException': row('retry'),
  'ipc.FatalConnectionException': row('retry'),
  'ipc.ServerTooBusyException': row('retry'),
  'ipc.StoppedRpcClientException': row('retry'),
  'ipc.UnknownServiceException': row('retry'),
  'ipc.UnsupportedCellCodecException': row('retry'),
  'ipc.UnsupportedCompressionCodecException': row('retry'),
  'ipc.UnsupportedCryptoException': row('retry', '2.4 2.6'),
  'ipc.WrongVersionException': row('retry'),
  'quotas.InvalidQuotaSettingsException': row('retry', '1.7'),
  'quotas.QuotaExceededException': row('retry'),
  'quotas.SpaceLimitingException': row('retry', '2.4 2.6'),
  'quotas.ThrottlingException': row('retry'),
  'regionserver.LeaseException': row('retry'),
  'regionserver.NoSuchColumnFamilyException': row('final'),
  'regionserver.RowTooBigException': row('retry', '2.4 2.6'),
  'security.AccessDeniedException': row('denied'),
  'security.visibility.InvalidLabelException': row('retry'),
  'security.visibility.LabelAlreadyExistsException': row('retry'),
  'snapshot.CorruptedSnapshotException': row('retry'),
  'snapshot.ExportSnapshotException': row('retry'),
  'snapshot.HBaseSnapshotException': row('retry'),
  'snapshot.RestoreSnapshotException': row('retry'),
  'snapshot.SnapshotCreationException': row('retry'),
  'snapshot.SnapshotDoesNotExistException': row('not-found'),
  'snapshot.SnapshotExistsException': row('retry'),
  'snapshot.SnapshotTTLExpiredException': row('retry', '2.4 2.6'),
  'snapshot.UnknownSnapshotException': row('retry'),
};
