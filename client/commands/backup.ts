import { buildRouteMap } from '@stricli/core';
import type { AppContext } from '../context.ts';
import { backupAlertRoutes } from './backup-alert.ts';
import { backupAuditCommand } from './backup-audit.ts';
import { backupKeepCommand, backupListCommand, backupShowCommand, backupVerifyCommand } from './backup-catalogue.ts';
import { backupExpireCommand } from './backup-expire.ts';
import { backupExportCommand, backupExportsCommand, backupImportCommand } from './backup-export.ts';
import {
  backupDrillCommand,
  backupFollowCommand,
  backupNowCommand,
  backupRestoreCommand,
} from './backup-operations.ts';
import { backupStatusCommand } from './backup-status.ts';
import { backupScheduleRoutes } from './backup-schedule.ts';

export const backupRoutes = buildRouteMap<string, AppContext>({
  routes: {
    now: backupNowCommand,
    list: backupListCommand,
    status: backupStatusCommand,
    show: backupShowCommand,
    verify: backupVerifyCommand,
    keep: backupKeepCommand,
    restore: backupRestoreCommand,
    drill: backupDrillCommand,
    expire: backupExpireCommand,
    audit: backupAuditCommand,
    alert: backupAlertRoutes,
    export: backupExportCommand,
    exports: backupExportsCommand,
    import: backupImportCommand,
    follow: backupFollowCommand,
    schedule: backupScheduleRoutes,
  },
  docs: { brief: 'Backups that are proven restorable, on a schedule' },
});
