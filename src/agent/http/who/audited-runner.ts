import type { AuditEntry } from '../../../domain/audit-entry.ts';
import { exitCodes, messageOf } from '../../../foundation/failure.ts';
import type { CommandRunner } from '../../command-runner.ts';
import type { AuditLog } from './audit-log.ts';

/** A runner that has it written down how what it ran has ended; where nothing is written of its beginning, the runner itself. */
export function auditedRunner(runner: CommandRunner, begun: AuditEntry | undefined, log: AuditLog): CommandRunner {
  if (begun === undefined) return runner;
  return {
    run: async (words, options) => {
      try {
        const result = await runner.run(words, options);
        auditEnd(log, begun, result);
        return result;
      } catch (error) {
        log.end(begun, 'failed', messageOf(error));
        throw error;
      }
    },
  };
}

/** Writes down how a command has ended; without an exit code it was killed, or could not be begun. */
export function auditEnd(log: AuditLog, begun: AuditEntry, { exitCode }: { readonly exitCode?: number | undefined }): void {
  if (exitCode === undefined) return log.end(begun, 'failed', 'no exit code: it was killed, or could not be begun');
  const how = `exit code ${exitCode}`;
  // With 3 it is done, but somebody should look.
  if (exitCode === exitCodes.success || exitCode === exitCodes.partial) return log.end(begun, 'allowed', how);
  log.end(begun, exitCode === exitCodes.interrupted ? 'canceled' : 'failed', how);
}
