import { agentCommand } from './commands/agent.ts';
import { archiveCommand } from './commands/archive-folder.ts';
import { auditCommand } from './commands/audit.ts';
import { backupCommand } from './commands/backup.ts';
import { catCommand } from './commands/cat.ts';
import { completionCommand } from './commands/completion.ts';
import { configSchemaCommand } from './commands/config-schema.ts';
import { configSettingsCommand } from './commands/config-settings.ts';
import { configShowCommand } from './commands/config-show.ts';
import { copyCommand } from './commands/copy.ts';
import { diffCommand } from './commands/diff.ts';
import { doctorCommand } from './commands/doctor.ts';
import { drillCommand } from './commands/drill.ts';
import { entryDiffCommand } from './commands/entry-diff.ts';
import { entryFindCommand } from './commands/entry-find.ts';
import { entryHistoryCommand } from './commands/entry-history.ts';
import { entryShowCommand } from './commands/entry-show.ts';
import { entryRestoreCommand } from './commands/entry-restore.ts';
import { entryRevertCommand } from './commands/entry-revert.ts';
import { entryUndoCommand } from './commands/entry-undo.ts';
import { explainCommand } from './commands/explain.ts';
import { fetchCommand } from './commands/fetch.ts';
import { forgetCommand } from './commands/forget.ts';
import { initCommand } from './commands/init.ts';
import { initializeCommand } from './commands/initialize.ts';
import { keyAddCommand } from './commands/key-add.ts';
import { keyChangeCommand } from './commands/key-change.ts';
import { keyListCommand } from './commands/key-list.ts';
import { keyRemoveCommand } from './commands/key-remove.ts';
import { keysReportCommand } from './commands/keys-report.ts';
import { listCommand } from './commands/list.ts';
import { lsCommand } from './commands/ls.ts';
import { pinCommand } from './commands/pin.ts';
import { policyCommand } from './commands/policy.ts';
import { pruneCommand } from './commands/prune.ts';
import { rebuildCommand } from './commands/rebuild.ts';
import { repairConfigCommand } from './commands/repair-config.ts';
import { repairIndexCommand } from './commands/repair-index.ts';
import { repairPacksCommand } from './commands/repair-packs.ts';
import { repairSnapshotsCommand } from './commands/repair-snapshots.ts';
import { restoreCommand } from './commands/restore.ts';
import { rollBackCommand } from './commands/roll-back.ts';
import { runsCommand } from './commands/runs.ts';
import { showCommand } from './commands/show.ts';
import { statsCommand } from './commands/stats.ts';
import { statusCommand } from './commands/status.ts';
import { triggerCommand } from './commands/trigger.ts';
import { unpinCommand } from './commands/unpin.ts';
import { verifyCommand } from './commands/verify.ts';
import { versionCommand } from './commands/version.ts';
import type { Command } from './define-command.ts';

/** Every command, in the order of the help. */
export const allCommands: readonly Command[] = [
  initCommand,
  backupCommand,
  archiveCommand,
  listCommand,
  showCommand,
  lsCommand,
  catCommand,
  diffCommand,
  statsCommand,
  fetchCommand,
  restoreCommand,
  rollBackCommand,
  initializeCommand,
  rebuildCommand,
  drillCommand,
  entryFindCommand,
  entryShowCommand,
  entryHistoryCommand,
  entryDiffCommand,
  entryRestoreCommand,
  entryRevertCommand,
  entryUndoCommand,
  agentCommand,
  verifyCommand,
  repairConfigCommand,
  repairIndexCommand,
  repairPacksCommand,
  repairSnapshotsCommand,
  pinCommand,
  unpinCommand,
  forgetCommand,
  pruneCommand,
  copyCommand,
  keysReportCommand,
  keyListCommand,
  keyAddCommand,
  keyRemoveCommand,
  keyChangeCommand,
  triggerCommand,
  runsCommand,
  auditCommand,
  statusCommand,
  doctorCommand,
  explainCommand,
  policyCommand,
  configShowCommand,
  configSettingsCommand,
  configSchemaCommand,
  completionCommand,
  versionCommand,
];
